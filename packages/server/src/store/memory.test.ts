import { storeConformance } from './conformance.js';
import { openMemory } from './memory.js';

storeConformance('memory', async () => openMemory());
