// A difference between two revisions, to be read.
import type { ReactNode } from 'react';
import { ActionIcon } from '../../graph/action-icon.js';
import { labelOf } from '../../graph/label.js';
import { Badge } from '../../ui/status.js';
import { Icon, type IconName } from '../../ui/icons.js';
import { titleOf } from '../../ui/schema-form-model.js';
import { isSame, type ActionDifference, type Change, type Difference, type Placed } from './diff.js';
import { wordDifference } from './words.js';

/** The difference, action by action; what stayed the same is only counted. */
export function DifferenceView({ difference }: { readonly difference: Difference }) {
  const { settings, actions } = difference;
  if (isSame(difference)) return <p className="soft difference__none">There is no difference.</p>;
  const names = namesOf(actions);
  return (
    <div className="difference">
      <Summary difference={difference} />
      {settings.length > 0 && <div className="difference__one difference__one--changed"><div className="difference__head"><Icon name="settings" /><strong>Settings</strong></div><Changes changes={settings} names={names} /></div>}
      {grouped(actions).map((one, index) => ('same' in one
        ? <p key={index} className="difference__same soft">{one.same === 1 ? 'One action is the same' : `${one.same} actions are the same`}</p>
        : <One key={index} one={one} names={names} />))}
    </div>
  );
}

/** How much is different, in words and icons. */
export function Summary({ difference: { settings, counts } }: { readonly difference: Difference }) {
  const parts = [
    settings.length > 0 && <Badge key="settings" tone="run" icon="settings">{`${settings.length} ${settings.length === 1 ? 'setting' : 'settings'}`}</Badge>,
    counts.added > 0 && <Badge key="added" tone="ok" icon="plus">{`${counts.added} added`}</Badge>, counts.removed > 0 && <Badge key="removed" tone="bad" icon="minus">{`${counts.removed} removed`}</Badge>,
    counts.changed > 0 && <Badge key="changed" tone="run" icon="edit">{`${counts.changed} changed`}</Badge>, counts.moved > 0 && <Badge key="moved" tone="wait" icon="up">{`${counts.moved} moved`}</Badge>,
  ].filter(Boolean);
  return <div className="difference__sum">{parts.length > 0 ? parts : <span className="soft">the same</span>}</div>;
}



function grouped(actions: readonly ActionDifference[]): readonly (ActionDifference | { readonly same: number })[] {
  const result: (ActionDifference | { same: number })[] = [];
  for (const one of actions) {
    const last = result.at(-1);
    if (one.kind !== 'same' || one.moved) result.push(one);
    else if (last && 'same' in last) last.same++;
    else result.push({ same: 1 });
  }
  return result;
}

/** Says what an action is called: by its number and type, in the revision that it is of. */
type NameOf = (id: string) => string;

function namesOf(actions: readonly ActionDifference[]): NameOf {
  const known = new Map<string, string>();
  const learn = ({ at, action }: Placed): void => {
    const { title, detail } = labelOf(action);
    known.set(action.id.toLowerCase(), `${at + 1} · ${title}${detail === '' ? '' : ` ${detail.length > 40 ? `${detail.slice(0, 40)}…` : detail}`}`);
  };
  for (const one of actions) if (one.kind !== 'added') learn(one.before);
  for (const one of actions) if (one.kind !== 'removed') learn(one.after);
  return (id) => known.get(id.toLowerCase()) ?? (id.includes('${') ? id : `missing ${id.slice(0, 8)}`);
}

const LOOKS: Readonly<Record<'added' | 'removed' | 'changed' | 'moved', readonly [word: string, icon: IconName]>> = { added: ['Added', 'plus'], removed: ['Removed', 'minus'], changed: ['Changed', 'edit'], moved: ['Moved', 'up'] };

function One({ one, names }: { readonly one: ActionDifference; readonly names: NameOf }) {
  const look = one.kind === 'same' ? 'moved' : one.kind;
  const { action, at } = one.kind === 'removed' ? one.before : one.after;
  const { title, detail } = labelOf(action);
  const moved = (one.kind === 'same' || one.kind === 'changed') && one.moved ? ` from ${one.before.at + 1} to ${one.after.at + 1}` : '';
  const [word, icon] = LOOKS[look];
  return (
    <div className={`difference__one difference__one--${look}`}>
      <div className="difference__head">
        <span className="difference__word"><Icon name={icon} size={14} />{word}{look === 'moved' ? moved : moved && `, moved${moved}`}</span>
        <ActionIcon type={action.type} /><strong>{at + 1} · {title}</strong>{detail !== '' && look !== 'changed' && <span className="soft cut">{detail}</span>}
      </div>
      {one.kind === 'changed' && <Changes changes={one.changes} names={names} />}
    </div>
  );
}

function Changes({ changes, names }: { readonly changes: readonly Change[]; readonly names: NameOf }) {
  return (
    <dl className="difference__changes">
      {changes.map((change) => <div key={change.path}><dt>{pathOf(change.path)}</dt><dd>{valueOf(change, names)}</dd></div>)}
    </dl>
  );
}

function pathOf(path: string): string {
  const [name = '', ...deeper] = path.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return [name === 'next_id' ? 'Then' : titleOf(name), ...deeper].join(' › ');
}

function valueOf({ before, after, leads }: Change, names: NameOf): ReactNode {
  if (!leads && typeof before === 'string' && typeof after === 'string') {
    return wordDifference(before, after).map(({ kind, text }, index) => (kind === 'gone' ? <del key={index}>{text}</del> : kind === 'new' ? <ins key={index}>{text}</ins> : <span key={index}>{text}</span>));
  }
  const told = (value: unknown): string => (leads && typeof value === 'string' ? names(value) : shown(value));
  return <>{before !== undefined && <del>{told(before)}</del>}{before !== undefined && after !== undefined && <span className="soft"> → </span>}{after !== undefined && <ins>{told(after)}</ins>}</>;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value === '' ? '(empty)' : value : JSON.stringify(value));
