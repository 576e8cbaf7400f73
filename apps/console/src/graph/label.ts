// What an action does, in a few words: made of its options, for a node, a row, a list.
import { FINISH_ID, START_ID } from '@activeflow/engine';
import { spanText } from '../ui/time.js';
import type { GraphAction } from './model.js';

/** A name for an action and what there is to know of it at a glance; `detail` may be empty. */
export type Label = { readonly title: string; readonly detail: string };

/** The name of a type of action as words: `digits_receive` is `Digits receive`. */
export function typeWords(type: string): string {
  const words = type.replaceAll('_', ' ');
  return words === '' ? 'Unknown' : words.charAt(0).toUpperCase() + words.slice(1);
}

/** The label of an action; the markers are the start and the end. Never throws, whatever the option holds. */
export function labelOf({ id, type, option = {} }: GraphAction): Label {
  if (type === '' && id === START_ID) return { title: 'Start', detail: '' };
  if (type === '' && id === FINISH_ID) return { title: 'End', detail: '' };
  const described = DETAILS[type]?.(option) ?? firstText(option);
  return { title: typeWords(type), detail: oneLine(described) };
}

type Option = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
const oneLine = (value: string): string => value.replaceAll(/\s+/g, ' ').trim().slice(0, 160);
const span = (value: unknown): string => (typeof value === 'number' ? spanText(value) : text(value));
const list = (...parts: readonly string[]): string => parts.filter(Boolean).join(', ');
const quoted = (value: unknown): string => (text(value) === '' ? '' : `“${text(value).replaceAll(/<[^>]+>/g, ' ').trim()}”`);

/** Who is called or written to: the first, and how many more. */
function destinations(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return '';
  const first: unknown = value[0];
  const named = typeof first === 'object' && first !== null ? text((first as Option)['target_name']) || text((first as Option)['target']) : text(first);
  return value.length > 1 ? `${named} and ${value.length - 1} more` : named;
}

/** `voipbin.call.digits` is what everybody calls the digits. */
const variable = (value: unknown): string => text(value).replace(/^voipbin\.call\./, '').replace(/^voipbin\./, '');

function comparison({ condition = '==', variable: name, value_type = 'string', ...option }: Option): string {
  const wanted = text(option[`value_${text(value_type)}`]);
  const subject = value_type === 'length' ? `length of ${variable(name)}` : variable(name);
  return `${subject} ${text(condition)} ${value_type === 'string' ? quoted(wanted) || '“”' : wanted || '0'}`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function moment({ condition = '==', hour, minute, day, month, weekdays, timezone }: Option): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = typeof hour === 'number' && hour >= 0 ? `${two(hour)}:${typeof minute === 'number' && minute >= 0 ? two(minute) : '––'}` : typeof minute === 'number' && minute >= 0 ? `minute ${minute}` : '';
  const date = list(typeof month === 'number' && month > 0 ? `month ${month}` : '', typeof day === 'number' && day > 0 ? `day ${day}` : '');
  const days = Array.isArray(weekdays) ? weekdays.map((one) => DAYS[Number(one)] ?? '').join(' ') : '';
  const when = list(date, time);
  return list(when === '' ? '' : `now ${text(condition)} ${when}`, days, text(timezone));
}

const DETAILS: Readonly<Record<string, (option: Option) => string>> = {
  talk: ({ text: spoken }) => quoted(spoken),
  play: ({ stream_urls }) => (Array.isArray(stream_urls) ? list(...stream_urls.map(text)) : ''),
  variable_set: ({ key, value }) => `${text(key)} = ${text(value)}`,
  branch: ({ variable: name }) => `by ${variable(name) || 'digits'}`,
  goto: ({ loop_count }) => (typeof loop_count === 'number' ? `${loop_count} ${loop_count === 1 ? 'time' : 'times'} at most` : 'always'),
  condition_variable: comparison,
  condition_datetime: moment,
  condition_call_digits: ({ length, key }) => list(typeof length === 'number' && length > 0 ? `${length} or more` : '', text(key) === '' ? '' : `any of ${text(key)}`),
  condition_call_status: ({ status }) => text(status),
  sleep: ({ duration }) => span(duration),
  block: ({ timeout }) => (timeout === undefined ? 'until continued' : `until continued, ${span(timeout)} at most`),
  digits_receive: ({ length, duration = 5_000, key }) => list(typeof length === 'number' && length > 0 ? `${length} ${length === 1 ? 'digit' : 'digits'}` : '', `${span(duration)} at most`, text(key) === '' ? '' : `ends at ${text(key)}`),
  digits_send: ({ digits }) => text(digits),
  fetch: ({ event_method = 'POST', event_url }) => `${text(event_method)} ${text(event_url)}`,
  fetch_flow: ({ flow_id }) => text(flow_id),
  webhook_send: ({ method = 'POST', uri, sync }) => `${text(method)} ${text(uri)}${sync === true ? ', waits' : ''}`,
  message_receive: ({ duration = 86_400_000 }) => `${span(duration)} at most`,
  message_send: ({ text: said, destinations: to }) => list(destinations(to), quoted(said)),
  email_send: ({ subject, destinations: to }) => list(destinations(to), quoted(subject)),
  conversation_send: ({ text: said }) => quoted(said),
  call: ({ destinations: to }) => destinations(to),
  connect: ({ destinations: to }) => destinations(to),
  hangup: ({ reason }) => text(reason),
  echo: ({ duration }) => span(duration),
  stream_echo: ({ duration }) => span(duration),
  recording_start: ({ duration, end_of_key }) => list(typeof duration === 'number' && duration > 0 ? `${duration} s at most` : '', text(end_of_key) === '' ? '' : `ends at ${text(end_of_key)}`),
  amd: ({ machine_handle }) => (text(machine_handle) === '' ? '' : `a machine: ${text(machine_handle)}`),
};

function firstText(option: Option): string {
  return Object.values(option).map(text).find(Boolean) ?? '';
}
