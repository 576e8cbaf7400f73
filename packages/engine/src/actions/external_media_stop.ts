import { unsupported } from '../unsupported.js';

export default unsupported('external_media_stop', 'rtc');
