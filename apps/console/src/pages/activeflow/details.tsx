// One row of the timeline in full: the option as executed, what came of it, who brought it about, and what it asked of the outside.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { NONE_ID, type State } from '@activeflow/engine';
import type { EffectEntry } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Badge, type Tone } from '../../ui/status.js';
import { Copyable, shortId } from '../../ui/copy.js';
import type { IconName } from '../../ui/icons.js';
import { exactText, spanText } from '../../ui/time.js';
import type { Row } from '../../run/track.js';
import { causeWords, outcomeOf, rowLabel } from '../../run/words.js';

const EFFECTS: Readonly<Record<string, readonly [word: string, tone: Tone, icon: IconName]>> = {
  pending: ['to be done', 'wait', 'waiting'], performing: ['at work', 'run', 'running'], open: ['waits for a report', 'run', 'waiting'], canceling: ['being canceled', 'idle', 'canceled'],
  done: ['done', 'ok', 'done'], failed: ['failed', 'bad', 'failed'], dead: ['given up', 'bad', 'failed'], canceled: ['canceled', 'idle', 'canceled'],
};

/** The row. */
export function Details({ id, row, state, version }: { readonly id: string; readonly row: Row; readonly state: State | undefined; readonly version: number }) {
  const { title, detail } = rowLabel(row);
  const outcome = outcomeOf(row, state);
  const { action, left } = row;
  return (
    <div className="run-details">
      <div className="run-details__head">
        <h3>{row.kind === 'moved' ? `Step ${row.step}: ${title}` : title}</h3>
        {outcome && <Badge tone={outcome.tone} icon={outcome.icon}>{outcome.word}</Badge>}
      </div>
      {row.kind !== 'moved' && detail !== '' && <p>{detail}</p>}
      {left?.reason !== undefined && <p className="run-details__error" role="note"><strong>{left.reason}</strong>{left.message === undefined || left.message === '' ? '' : `: ${left.message}`}</p>}
      <dl className="run-facts">
        <dt>{row.kind === 'moved' ? 'Began' : 'At'}</dt><dd>{exactText(row.at / 1000)}</dd>
        {row.ended_at !== undefined && <><dt>Took</dt><dd>{spanText((row.ended_at - row.at) / 1000)}</dd></>}
        <dt>Brought about by</dt><dd>{causeWords(row.cause)}{row.cause.ref !== undefined && row.cause.ref !== '' && <> <code className="soft" title={row.cause.ref}>{row.cause.ref}</code></>}</dd>
        {action && action.id !== NONE_ID && <><dt>Action</dt><dd><Copyable text={action.id} label="the action's id">{shortId(action.id)}</Copyable></dd></>}
      </dl>
      {action && <Facts title="Option, as executed" values={action.option} none="Without options." />}
      {left?.variables && Object.keys(left.variables).length > 0 && <Facts title="Variables it set" values={left.variables} />}
      {row.kind === 'moved' && <Effects key={row.n} id={id} row={row} version={version} open={row.left === undefined && state?.status === 'running'} />}
    </div>
  );
}

function Facts({ title, values, none }: { readonly title: string; readonly values: Readonly<Record<string, unknown>>; readonly none?: string }) {
  const entries = Object.entries(values);
  return (
    <section>
      <h4>{title}</h4>
      {entries.length === 0 ? <p className="soft">{none}</p> : (
        <dl className="run-facts run-facts--values">{entries.map(([name, value]) => <div key={name} className="run-facts__pair"><dt><code>{name}</code></dt><dd><code>{typeof value === 'string' ? value || '""' : JSON.stringify(value, null, 1)}</code></dd></div>)}</dl>
      )}
    </section>
  );
}

const PAGE = 100;
const UNSETTLED = new Set(['pending', 'performing', 'open', 'canceling']);

function Effects({ id, row, version, open }: { readonly id: string; readonly row: Row; readonly version: number; readonly open: boolean }) {
  const client = useClient();
  const at = Math.floor(row.n / PAGE) * PAGE;
  // What is over stays as it is; what is open changes with the versions of its activeflow, and between them with each try.
  const { data: effects = [] } = useQuery({
    queryKey: [...keys.history(id), row.n, open ? version : 'over'], placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<readonly EffectEntry[]> => {
      const { result } = await client.activeflows.history(id, { page_size: PAGE }, { signal }).page(at === 0 ? undefined : String(at - 1));
      return result.find(({ number }) => number === row.n)?.effects ?? [];
    },
    refetchInterval: ({ state: { data } }) => ((data ?? []).some(({ status }) => UNSETTLED.has(status)) ? 1_500 : false),
  });
  if (effects.length === 0) return null;
  return <section><h4>Asked of the outside</h4><ul className="run-effects">{effects.map((effect) => <Effect key={effect.id} effect={effect} />)}</ul></section>;
}

function Effect({ effect: { id, kind, status, attempt, result, error } }: { readonly effect: EffectEntry }) {
  const [word, tone, icon] = EFFECTS[status] ?? [status, 'idle', 'idle'];
  return (
    <li className="run-effect">
      <div className="run-effect__head"><code>{kind}</code><Badge tone={tone} icon={icon}>{word}</Badge>{attempt > 1 && <span className="soft">attempt {attempt}</span>}</div>
      {error !== '' && <p className="run-details__error">{error}</p>}
      {result !== null && result !== undefined && <pre className="run-effect__result">{JSON.stringify(result, null, 1)}</pre>}
      <Copyable text={id} label="the idempotency key">{`key ${id.slice(36)}`}</Copyable>
    </li>
  );
}
