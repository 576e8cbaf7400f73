// The register: an action is one file and one line here.
import type { Registered } from '../action.js';
import aiSummary from './ai_summary.js';
import aiTalk from './ai_talk.js';
import aiTask from './ai_task.js';
import amd from './amd.js';
import answer from './answer.js';
import beep from './beep.js';
import block from './block.js';
import branch from './branch.js';
import call from './call.js';
import caseCreate from './case_create.js';
import conditionCallDigits from './condition_call_digits.js';
import conditionCallStatus from './condition_call_status.js';
import conditionDatetime from './condition_datetime.js';
import conditionVariable from './condition_variable.js';
import confbridgeJoin from './confbridge_join.js';
import conferenceJoin from './conference_join.js';
import connect from './connect.js';
import conversationSend from './conversation_send.js';
import digitsReceive from './digits_receive.js';
import digitsSend from './digits_send.js';
import echo from './echo.js';
import emailSend from './email_send.js';
import empty from './empty.js';
import externalMediaStart from './external_media_start.js';
import externalMediaStop from './external_media_stop.js';
import fetch from './fetch.js';
import fetchFlow from './fetch_flow.js';
import gotoAction from './goto.js';
import hangup from './hangup.js';
import messageReceive from './message_receive.js';
import messageSend from './message_send.js';
import mute from './mute.js';
import play from './play.js';
import queueJoin from './queue_join.js';
import queueService from './queue_service.js';
import queueWait from './queue_wait.js';
import recordingStart from './recording_start.js';
import recordingStop from './recording_stop.js';
import sleep from './sleep.js';
import stop from './stop.js';
import streamEcho from './stream_echo.js';
import talk from './talk.js';
import transcribeRecording from './transcribe_recording.js';
import transcribeStart from './transcribe_start.js';
import transcribeStop from './transcribe_stop.js';
import variableSet from './variable_set.js';
import webhookSend from './webhook_send.js';

/** Every action type there is, by its name on the wire. */
export const actions = {
  ai_summary: aiSummary,
  ai_talk: aiTalk,
  ai_task: aiTask,
  amd,
  answer,
  beep,
  block,
  branch,
  call,
  case_create: caseCreate,
  condition_call_digits: conditionCallDigits,
  condition_call_status: conditionCallStatus,
  condition_datetime: conditionDatetime,
  condition_variable: conditionVariable,
  confbridge_join: confbridgeJoin,
  conference_join: conferenceJoin,
  connect,
  conversation_send: conversationSend,
  digits_receive: digitsReceive,
  digits_send: digitsSend,
  echo,
  email_send: emailSend,
  empty,
  external_media_start: externalMediaStart,
  external_media_stop: externalMediaStop,
  fetch,
  fetch_flow: fetchFlow,
  goto: gotoAction,
  hangup,
  message_receive: messageReceive,
  message_send: messageSend,
  mute,
  play,
  queue_join: queueJoin,
  queue_service: queueService,
  queue_wait: queueWait,
  recording_start: recordingStart,
  recording_stop: recordingStop,
  sleep,
  stop,
  stream_echo: streamEcho,
  talk,
  transcribe_recording: transcribeRecording,
  transcribe_start: transcribeStart,
  transcribe_stop: transcribeStop,
  variable_set: variableSet,
  webhook_send: webhookSend,
} as const;

/** The rules of an action type; undefined for an unknown one. */
export const definitionOf = (type: string): Registered | undefined =>
  Object.hasOwn(actions, type) ? (actions[type as keyof typeof actions]) : undefined;
