// The example of voicemail, played: the recording's end starts the flow that mails it, also where the caller hangs up.
import { readFileSync } from 'node:fs';
import { deriveId } from '@activeflow/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStage, type Stage } from '../testing/stage.js';

const example = (name: string, replaced: readonly [string, string] = ['', '']): readonly unknown[] =>
  (JSON.parse(readFileSync(new URL(`../../../../../examples/${name}.json`, import.meta.url), 'utf8').replace(...replaced)) as { actions: readonly unknown[] }).actions;

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.world.stop());

describe('voicemail', () => {
  it.each(['#', 'hangup'])('mails what was recorded until %s', async (end) => {
    const mail = await stage.world.flow(example('voicemail-mail'));
    const caller = await stage.play(example('voicemail', ['"MAIL_FLOW"', JSON.stringify(mail)]));
    await stage.world.pass(12_000);
    if (end === 'hangup') await stage.doors.hangup(caller.which, 'remote', 'normal');
    else await stage.doors.digits(caller.which, end);
    await stage.world.pass(60_000);
    const [recording] = await stage.documents('recording');
    expect(recording?.data).toMatchObject({ status: 'ended' });
    const effects = await stage.world.effects(deriveId(recording?.id ?? '', 'on_end'));
    expect(effects).toMatchObject([{ kind: 'email.send', status: 'done', payload: { attachments: [{ recording_id: recording?.id, name: 'message.wav' }] } }]);
  });
});
