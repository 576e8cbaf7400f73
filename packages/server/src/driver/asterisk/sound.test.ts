import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAWS } from '../../media/g711.js';
import { THEIRS } from './testing/ari-mock.js';
import { effectId, openStage, type Stage } from './testing/stage.js';
import { pcmWav } from './wav.js';

let stage: Stage;
beforeEach(async () => { stage = await openStage(); });
afterEach(() => stage.close());

const [FIRST, SECOND, THIRD] = [effectId(1), effectId(2), effectId(3)];
const SILENCE = { end_of_silence_ms: 0, end_of_key: '', duration_ms: 0 };
const left = (directory: string): Promise<string[]> => readdir(join(directory, 'playing'));

describe('playing', () => {
  it('plays sounds one after the other, in the order they were asked for, each once', async () => {
    const { legs, until } = stage;
    const { leg_id, channel } = await stage.answered();
    const [one, two, three] = [await stage.sound('one', 200), await stage.sound('two', 40), await stage.sound('three', 40)];
    legs.play(leg_id, FIRST, [one, two]);
    legs.play(leg_id, SECOND, [three]);
    legs.play(leg_id, FIRST, [one, two]);
    expect(await until('playback_done')).toMatchObject({ id: FIRST, how: 'end' });
    expect(await until('playback_done', 2)).toMatchObject({ id: SECOND, how: 'end' });
    legs.play(leg_id, FIRST, [one, two]);
    legs.play(leg_id, THIRD, []);
    expect(await until('playback_done', 3)).toMatchObject({ id: THIRD, how: 'end' });
    expect(channel.heard).toEqual(['one', 'two', 'three'].map((name) => `sound:${THEIRS}/${name}`));
  });

  it('stops what plays, and goes on with what was asked for after it; what is stopped before its turn is not heard', async () => {
    const { legs, until } = stage;
    const { leg_id, channel } = await stage.answered();
    const [long, other, short] = [await stage.sound('long', 3_600_000 / 60), await stage.sound('other', 40), await stage.sound('short', 40)];
    legs.play(leg_id, FIRST, [long, other]);
    legs.play(leg_id, SECOND, [other]);
    legs.play(leg_id, THIRD, [short]);
    await expect.poll(() => channel.heard.length).toBe(1);
    legs.stop(leg_id, SECOND);
    legs.stop(leg_id, FIRST);
    legs.stop(leg_id, FIRST);
    expect(await until('playback_done')).toMatchObject({ id: FIRST, how: 'stopped' });
    expect(await until('playback_done', 2)).toMatchObject({ id: SECOND, how: 'stopped' });
    expect(await until('playback_done', 3)).toMatchObject({ id: THIRD, how: 'end' });
    expect(channel.heard).toEqual(['long', 'short'].map((name) => `sound:${THEIRS}/${name}`));
  });

  it('stops what it has only just asked for', async () => {
    const { legs, until, ari } = stage;
    const { leg_id } = await stage.answered();
    legs.play(leg_id, FIRST, [await stage.sound('long', 60_000)]);
    legs.stop(leg_id, FIRST);
    expect(await until('playback_done')).toMatchObject({ how: 'stopped' });
    await expect.poll(() => ari.playbacks.size).toBe(0);
  });

  it('knows sounds apart whose ids go on after that of one effect', async () => {
    const { legs, until } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.play(leg_id, `${FIRST}/ringback`, [await stage.sound('one', 60_000)]);
    await expect.poll(() => channel.heard.length).toBe(1);
    legs.stop(leg_id, `${FIRST}/ringback`);
    legs.play(leg_id, `${FIRST}/ringback/again`, [await stage.sound('two', 20)]);
    expect(await until('playback_done', 2)).toMatchObject({ id: `${FIRST}/ringback/again`, how: 'end' });
    expect(new Set(stage.asked(/play/).map((asked) => asked.split('/').at(-1))).size).toBe(2);
  });

  it('plays over and over until it is stopped', async () => {
    const { legs, until } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.play(leg_id, FIRST, [await stage.sound('music', 20)], true);
    await expect.poll(() => channel.heard.length).toBeGreaterThanOrEqual(3);
    legs.stop(leg_id, FIRST);
    expect(await until('playback_done')).toMatchObject({ how: 'stopped' });
  });

  it('plays a tone with an end as a file, one without as a tone of Asterisk, and silence as nothing', async () => {
    const { legs, until, directory } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.play(leg_id, FIRST, [{ kind: 'silence', duration_ms: 10 }, { kind: 'tone', frequencies_hz: [1_000], on_ms: 100, off_ms: 100, repeat: 2 }], true);
    await expect.poll(() => channel.heard.length).toBeGreaterThan(0);
    const [made] = await left(directory);
    const wav = await readFile(join(directory, 'playing', made!));
    expect(wav).toHaveLength(44 + 2 * 8 * 400);
    expect([wav.readInt16LE(44 + 2 * 2), wav.readInt16LE(44 + 2 * 8 * 150)]).toEqual([8_000, 0]);
    legs.stop(leg_id, FIRST);
    await until('playback_done');
    expect(await left(directory)).toEqual([]);
    legs.play(leg_id, SECOND, [{ kind: 'tone', frequencies_hz: [440, 480], on_ms: 2_000, off_ms: 4_000, repeat: null }]);
    await expect.poll(() => channel.heard.at(-1)).toBe('tone:440+480/2000,0/4000');
    legs.stop(leg_id, SECOND);
    expect(await until('playback_done', 2)).toMatchObject({ how: 'stopped' });
  });

  it('plays a stream once all of it is there; a stop does not wait for one that hangs', async () => {
    const { legs, until, directory } = stage;
    const { leg_id, channel } = await stage.answered();
    async function* chunks(): AsyncIterable<Int16Array> { yield new Int16Array(80).fill(7); yield new Int16Array(80).fill(8); }
    legs.play(leg_id, FIRST, [{ kind: 'stream', chunks: chunks() }]);
    expect(await until('playback_done')).toMatchObject({ how: 'end' });
    expect(channel.heard).toHaveLength(1);
    async function* hanging(): AsyncIterable<Int16Array> { yield new Int16Array(80); await new Promise(() => undefined); }
    legs.play(leg_id, SECOND, [{ kind: 'stream', chunks: hanging() }]);
    legs.stop(leg_id, SECOND);
    expect(await until('playback_done', 2)).toMatchObject({ how: 'stopped' });
    async function* failing(): AsyncIterable<Int16Array> { yield new Int16Array(80); throw new Error('the voice broke'); }
    legs.play(leg_id, THIRD, [{ kind: 'stream', chunks: failing() }]);
    expect(await until('playback_done', 3)).toMatchObject({ how: 'failed', message: 'the voice broke' });
    expect(await left(directory)).toEqual([]);
  });

  it('brings what lies elsewhere, or is coded otherwise, into the shared directory for as long as it plays', async () => {
    const { legs, until, directory } = stage;
    const { leg_id, channel } = await stage.answered();
    const elsewhere = `${directory}-elsewhere.wav`;
    const law = pcmWav(new Int16Array(400));
    law.writeUInt16LE(7, 20);
    law.writeUInt32LE(8_000, 28);
    law.writeUInt16LE(1, 32);
    law.writeUInt16LE(8, 34);
    law.fill(LAWS.PCMU.encode[4_000]!, 44);
    try {
      await writeFile(elsewhere, pcmWav(new Int16Array(1_600)), { mode: 0o600 });
      await writeFile(join(directory, 'law.wav'), law);
      legs.play(leg_id, FIRST, [{ kind: 'file', path: elsewhere }]);
      await until('playback_done');
      expect(channel.heard[0]).toMatch(new RegExp(`^sound:${THEIRS}/playing/`));
      expect(await until('playback_done')).toMatchObject({ how: 'end' });
      legs.play(leg_id, SECOND, [{ kind: 'file', path: join(directory, 'law.wav') }], true);
      await expect.poll(() => channel.heard.length).toBeGreaterThan(1);
      const made = await readFile(join(directory, `${channel.heard[1]!.slice(`sound:${THEIRS}/`.length)}.wav`));
      expect((await stat(join(directory, 'playing', (await left(directory))[0]!))).mode & 0o777).toBe(0o644);
      expect([made.length, made.readUInt16LE(20), made.readInt16LE(44)]).toEqual([44 + 2 * 800, 1, LAWS.PCMU.decode[LAWS.PCMU.encode[4_000]!]]);
      legs.stop(leg_id, SECOND);
      await until('playback_done', 2);
      expect(await left(directory)).toEqual([]);
    } finally {
      await rm(elsewhere, { force: true });
    }
  });

  it('says why something cannot be played, and goes on', async () => {
    const { legs, until, ari, directory } = stage;
    const { leg_id } = await stage.answered();
    await writeFile(join(directory, 'text.wav'), 'this is no sound at all, but it is long enough');
    legs.play(leg_id, FIRST, [{ kind: 'file', path: join(directory, 'missing.wav') }]);
    expect(await until('playback_done')).toMatchObject({ how: 'failed', message: 'missing.wav cannot be played: ENOENT' });
    legs.play(leg_id, SECOND, [{ kind: 'file', path: join(directory, 'text.wav') }]);
    expect(await until('playback_done', 2)).toMatchObject({ how: 'failed', message: 'text.wav cannot be played: This is no WAV file.' });
    ari.refuse(/play/, 500);
    legs.play(leg_id, THIRD, [await stage.sound('hello', 20)]);
    expect(await until('playback_done', 3)).toMatchObject({ how: 'failed', message: expect.stringContaining('status 500') });
    legs.play(leg_id, effectId(4), [await stage.sound('gone', 60_000)]);
    await expect.poll(() => ari.playbacks.size).toBe(1);
    ari.over([...ari.playbacks.values()][0]!, 'failed');
    expect(await until('playback_done', 4)).toMatchObject({ how: 'failed', message: 'Asterisk could not play it' });
  });

  it('that is on when its call ends is over before the call is', async () => {
    const { legs, until, ari, types } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.play(leg_id, FIRST, [await stage.sound('long', 60_000)], true);
    await expect.poll(() => channel.heard.length).toBe(1);
    ari.destroy(channel, 16);
    await until('ended');
    expect(types().slice(-2)).toEqual(['playback_done', 'ended']);
  });
});

describe('digits and the rest', () => {
  it('sends digits, says so when they are out, and mutes only what is not', async () => {
    const { legs, until } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.sendDigits(leg_id, FIRST, '12#', 20, 10);
    legs.sendDigits(leg_id, FIRST, '12#', 20, 10);
    expect(await until('digits_sent')).toMatchObject({ id: FIRST });
    expect(channel.sent).toEqual(['12#']);
    expect(stage.ari.asked.find(({ path }) => path.endsWith('/dtmf'))?.values).toEqual({ dtmf: '12#', duration: 20, between: 10 });
    legs.mute(leg_id, true);
    legs.mute(leg_id, true);
    await expect.poll(() => channel.muted).toBe(true);
    legs.mute(leg_id, false);
    await expect.poll(() => channel.muted).toBe(false);
    expect(stage.asked(/mute/)).toHaveLength(2);
  });

  it('says what it cannot do', async () => {
    const { legs, until } = stage;
    const { leg_id } = await stage.answered();
    expect(() => { legs.echo(leg_id, true); }).toThrow(expect.objectContaining({ name: 'Permanent', reason: 'NOT_SUPPORTED' }));
    legs.echo(leg_id, false);
    legs.detect(leg_id, FIRST);
    expect(await until('detected')).toMatchObject({ id: FIRST, machine: null, detail: expect.stringContaining('dialplan') });
  });
});

describe('recording', () => {
  const file = (name: string): string => join(stage.directory, 'recordings', `${name}.wav`);

  it('goes through a channel that listens, so that sounds are played meanwhile; the file is fetched, and its channel ended', async () => {
    const { legs, until, ari } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.record(leg_id, FIRST, { ...SILENCE, path: file('a') });
    legs.record(leg_id, FIRST, { ...SILENCE, path: file('a') });
    legs.play(leg_id, SECOND, [await stage.sound('beep', 200)]);
    expect(await until('playback_done')).toMatchObject({ how: 'end' });
    expect(stage.asked(/record$/)).toEqual([`POST /channels/activeflow-${FIRST}/record`]);
    expect(ari.channels.get(`activeflow-${FIRST}`)).toMatchObject({ snoops: channel.id, asked: { spy: 'both', whisper: 'none' } });
    legs.stopRecording(leg_id, FIRST);
    legs.stopRecording(leg_id, FIRST);
    const done = await until('recording_done');
    const wav = await readFile(file('a'));
    expect(done).toMatchObject({ id: FIRST, how: 'stopped', size_bytes: wav.length, duration_ms: Math.round((wav.length - 44) / 16) });
    expect([wav.toString('latin1', 0, 4), wav.readInt16LE(44)]).toEqual(['RIFF', 1_000]);
    await expect.poll(() => [ari.stored.size, ari.channels.size]).toEqual([0, 1]);
    expect(stage.told.filter(({ type }) => type === 'offered')).toHaveLength(1);
  });

  it('ends by a key, by its length, and by silence', async () => {
    const { legs, until, ari } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.record(leg_id, FIRST, { ...SILENCE, path: file('key'), end_of_key: '#*' });
    await expect.poll(() => ari.recordings.size).toBe(1);
    ari.press(channel, '1#');
    expect(await until('recording_done')).toMatchObject({ id: FIRST, how: 'key' });
    legs.record(leg_id, SECOND, { ...SILENCE, path: file('length'), duration_ms: 1_200 });
    expect(await until('recording_done', 2)).toMatchObject({ id: SECOND, how: 'duration' });
    legs.record(leg_id, THIRD, { ...SILENCE, path: file('silence'), end_of_silence_ms: 1_500 });
    expect(await until('recording_done', 3)).toMatchObject({ id: THIRD, how: 'silence' });
    expect(stage.ari.asked.filter(({ path }) => path.endsWith('/record')).map(({ values }) => [values['maxDurationSeconds'], values['maxSilenceSeconds']])).toEqual([[0, 0], [3, 0], [0, 2]]);
  });

  it('is told before the end of its call', async () => {
    const { legs, until, ari, types } = stage;
    const { leg_id, channel } = await stage.answered();
    legs.record(leg_id, FIRST, { ...SILENCE, path: file('call') });
    await expect.poll(() => ari.recordings.size).toBe(1);
    ari.destroy(channel, 16);
    await until('ended');
    expect(types().slice(-2)).toEqual(['recording_done', 'ended']);
    expect(await until('recording_done')).toMatchObject({ how: 'ended' });
    expect((await readFile(file('call'))).length).toBeGreaterThan(44);
  });

  it('says why it failed: refused, broken off by Asterisk, or nowhere to be written to', async () => {
    const { legs, until, ari, directory } = stage;
    const { leg_id } = await stage.answered();
    ari.refuse(/record$/, 422);
    legs.record(leg_id, FIRST, { ...SILENCE, path: file('refused') });
    expect(await until('recording_done')).toMatchObject({ id: FIRST, how: 'failed', duration_ms: 0, message: expect.stringContaining('status 422') });
    legs.record(leg_id, SECOND, { ...SILENCE, path: file('broken') });
    await expect.poll(() => ari.recordings.size).toBe(1);
    ari.say({ type: 'RecordingFailed', recording: { name: `activeflow-${SECOND}`, format: 'wav', target_uri: '', state: 'failed', cause: 'No space left on device' } });
    expect(await until('recording_done', 2)).toMatchObject({ id: SECOND, how: 'failed', message: 'Asterisk could not record: No space left on device' });
    await writeFile(join(directory, 'no-directory'), '');
    legs.record(leg_id, THIRD, { ...SILENCE, path: join(directory, 'no-directory', 'x.wav') });
    await expect.poll(() => ari.recordings.has(`activeflow-${THIRD}`)).toBe(true);
    legs.stopRecording(leg_id, THIRD);
    expect(await until('recording_done', 3)).toMatchObject({ id: THIRD, how: 'failed', message: expect.stringMatching(/ENOTDIR|EEXIST/) });
  });
});
