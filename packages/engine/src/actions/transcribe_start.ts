import { unsupported } from '../unsupported.js';

export default unsupported('transcribe_start', 'rtc');
