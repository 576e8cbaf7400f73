import { unsupported } from '../unsupported.js';

export default unsupported('ai_summary', 'non_rtc');
