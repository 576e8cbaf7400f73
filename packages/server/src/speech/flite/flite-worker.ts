// A worker thread that speaks: one phrase after the other, for a synthesis takes all of a core while it lasts.
import { decodeWav } from '../wav.js';
import { serve } from '../worker.js';
import { loadFlite, type Spoken } from './program.js';

const flite = loadFlite();
// What a first word costs thrice, the compiler above all, is paid before somebody waits for it.
decodeWav(flite.speak({ text: 'Hello.', voice: 'slt', rate: 1 }));
flite.prepare();
serve<Spoken>((spoken) => decodeWav(flite.speak(spoken)), flite.prepare);
