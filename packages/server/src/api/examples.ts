// Bodies that work as they stand (ids aside), by operation: for the reference, and sent by a test.
const IVR = [
  { id: 'welcome', type: 'talk', option: { text: 'Hello. For sales, press 1. For support, press 2.', language: 'en-US', digits_handle: 'next' } },
  { type: 'digits_receive', option: { length: 1, duration: 5000 } },
  { type: 'branch', option: { target_ids: { 1: 'sales', 2: 'support' }, default_target_id: 'welcome' } },
  { id: 'sales', type: 'talk', option: { text: 'Sales is closed.' } },
  { type: 'stop' },
  { id: 'support', type: 'talk', option: { text: 'Support is closed.' } },
];

/** An example body for each operation where one says more than the schema. */
export const EXAMPLES: Readonly<Record<string, object>> = {
  createFlow: { name: 'reception', detail: 'answers the phone', actions: IVR },
  validateFlow: { actions: IVR },
  updateFlow: { name: 'reception' },
  startActiveflow: { actions: [{ type: 'sleep', option: { duration: 60_000 } }, { type: 'variable_set', option: { key: 'greeting', value: 'Hello, ${name}.' } }], variables: { name: 'Ada' } },
  setVariables: { variables: { name: 'Grace', old: null } },
  continueActiveflow: { current_action_id: '4d1b0f6e-7a52-4c39-9a1d-0c6f3ad2b711' },
  forwardActiveflow: { forward_action_id: '4d1b0f6e-7a52-4c39-9a1d-0c6f3ad2b711', forward_now: true },
  pushActions: { actions: [{ type: 'sleep', option: { duration: 1_000 } }] },
  addActions: { actions: [{ type: 'sleep', option: { duration: 1_000 } }] },
  configureActiveflow: { webhook_uri: 'https://example.com/hook', webhook_method: 'POST' },
  createCall: { source: { target: '+15550100' }, destinations: [{ target: '+15550101' }], actions: [{ type: 'talk', option: { text: 'Hello.' } }] },
  sendMessage: { source: { target: '+15550100' }, destinations: [{ target: '+15550101' }], text: 'Your table is ready.' },
  createNumber: { number: '+15550100', name: 'reception' },
  createExtension: { extension: '1000', name: 'front desk' },
  updateExtension: { name: 'back office' },
  createTrunk: { name: 'provider', uri: 'sip:sip.example.com;transport=tcp', username: 'ours', password: 'correct horse', allowed_addresses: ['192.0.2.0/24'], register: true, prefixes: ['+49'] },
  updateTrunk: { prefixes: ['+49', '+43'] },
  createQueue: { name: 'support', agents: [{ type: 'extension', target: '1000' }], timeout_wait_ms: 300_000 },
  updateQueue: { ring_timeout_ms: 15_000 },
  login: { username: 'ada', password: 'correct horse battery staple' },
  updateCustomer: { webhook_uri: 'https://example.com/hook' },
  createAccessKey: { name: 'ci', expire: 2_592_000 },
  simulateCall: { actions: IVR, source: { target: '+15550101' }, auto_play: false },
  simulateDigits: { digits: '1' },
  simulateMessage: { actions: [{ type: 'variable_set', option: { key: 'said', value: '${voipbin.message.text}' } }], source: { target: '+15550101' }, text: 'hi' },
  setClock: { advance_ms: 60_000 },
};
