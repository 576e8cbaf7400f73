import { unsupported } from '../unsupported.js';

export default unsupported('queue_join', 'rtc');
