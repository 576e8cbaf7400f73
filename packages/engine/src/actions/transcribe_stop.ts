import { unsupported } from '../unsupported.js';

export default unsupported('transcribe_stop', 'rtc');
