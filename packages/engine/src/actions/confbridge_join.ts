import { unsupported } from '../unsupported.js';

export default unsupported('confbridge_join', 'rtc');
