import { unsupported } from '../unsupported.js';

export default unsupported('conference_join', 'rtc');
