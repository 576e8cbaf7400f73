import { unsupported } from '../unsupported.js';

export default unsupported('ai_task', 'non_rtc');
