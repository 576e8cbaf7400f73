import { unsupported } from '../unsupported.js';

export default unsupported('case_create', 'any');
