import { unsupported } from '../unsupported.js';

export default unsupported('ai_talk', 'any');
