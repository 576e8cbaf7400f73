// What Asterisk says over ARI, as far as it is listened to. Shapes as its public reference describes them; further fields are let pass.
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const CallerSchema = Type.Object({ name: Type.String(), number: Type.String() });
const ChannelSchema = Type.Object({
  id: Type.String(),
  /** `PJSIP/alice-0000002a`: technology, endpoint, and a number of its own. */
  name: Type.String(),
  /** `Down`, `Ring` (it came in), `Ringing` (it was dialled), `Up`, … */
  state: Type.String(),
  caller: CallerSchema,
  dialplan: Type.Object({ exten: Type.String() }),
});
const BridgeSchema = Type.Object({ id: Type.String(), name: Type.Optional(Type.String()), channels: Type.Array(Type.String()) });

/** A channel: one end of a call in Asterisk. */
export type Channel = Static<typeof ChannelSchema>;
/** A bridge: channels that hear each other. */
export type Bridge = Static<typeof BridgeSchema>;

const of = <T extends string>(type: T) => ({ type: Type.Literal(type) });
const channel = ChannelSchema;
const bridge = BridgeSchema;
const playback = Type.Object({ id: Type.String(), state: Type.String() });
const recording = Type.Object({ name: Type.String(), cause: Type.Optional(Type.String()) });

const EventSchema = Type.Union([
  Type.Object({ ...of('StasisStart'), channel, args: Type.Array(Type.String()) }),
  Type.Object({ ...of('StasisEnd'), channel }),
  Type.Object({ ...of('ChannelStateChange'), channel }),
  Type.Object({ ...of('ChannelDtmfReceived'), channel, digit: Type.String() }),
  Type.Object({ ...of('ChannelHangupRequest'), channel, cause: Type.Optional(Type.Integer()) }),
  Type.Object({ ...of('ChannelDestroyed'), channel, cause: Type.Integer(), cause_txt: Type.String() }),
  Type.Object({ ...of('ChannelEnteredBridge'), channel: Type.Optional(channel), bridge }),
  Type.Object({ ...of('ChannelLeftBridge'), channel, bridge }),
  Type.Object({ ...of('PlaybackFinished'), playback }),
  Type.Object({ ...of('RecordingFinished'), recording }),
  Type.Object({ ...of('RecordingFailed'), recording }),
  Type.Object(of('ApplicationReplaced')),
]);
/** An event that something follows from. */
export type AriEvent = Static<typeof EventSchema>;

const event = Compile(EventSchema);
const channels = Compile(Type.Array(ChannelSchema));
const bridges = Compile(Type.Array(BridgeSchema));
const application = Compile(Type.Object({ channel_ids: Type.Array(Type.String()) }));
const variable = Compile(Type.Object({ value: Type.String() }));

/** One message of the event socket; undefined for whatever nothing follows from. */
export function readEvent(text: string): AriEvent | undefined {
  const said = parsed(text);
  return event.Check(said) ? said : undefined;
}

function parsed(text: string): unknown {
  try { return JSON.parse(text); } catch { return undefined; }
}

/** The answer of `GET /channels`. Throws where it is none. */
export const readChannels = (answer: unknown): readonly Channel[] => channels.Parse(answer);
/** The answer of `GET /bridges`. Throws where it is none. */
export const readBridges = (answer: unknown): readonly Bridge[] => bridges.Parse(answer);
/** The ids of the channels in an application, of the answer of `GET /applications/{name}`. Throws where it is none. */
export const readApplication = (answer: unknown): readonly string[] => application.Parse(answer).channel_ids;
/** The value in the answer of `GET /channels/{id}/variable`; `''` where there is none. */
export const readVariable = (answer: unknown): string => (variable.Check(answer) ? answer.value : '');
