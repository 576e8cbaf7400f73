// Speaking prompts with the browser's voices, where it has any; else a prompt lasts as long as it would take.
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Prompt } from './heard.js';

const voices = (): boolean => 'speechSynthesis' in window && window.speechSynthesis.getVoices().length > 0;

/** Whether the browser can speak. Voices may be found a moment after the page. */
export function useVoices(): boolean {
  return useSyncExternalStore((changed) => {
    if (!('speechSynthesis' in window)) return () => undefined;
    window.speechSynthesis.addEventListener('voiceschanged', changed);
    return () => { window.speechSynthesis.removeEventListener('voiceschanged', changed); };
  }, voices);
}

/** About how long a text takes to say: the simulator's own measure. */
const spokenMs = (text: string): number => Math.max(300, (text.length * 1_000) / 15);

/** Speaks the prompt, and calls `over` once with it at its end: also where a voice forgets to say that it is through. */
export function useSpeech(prompt: Prompt | undefined, aloud: boolean, over: (prompt: Prompt) => void): void {
  const latest = useRef(over);
  useEffect(() => { latest.current = over; });
  const { number, text, language } = prompt ?? {};
  const saying = useRef(prompt);
  useEffect(() => { saying.current = prompt; });
  useEffect(() => {
    if (number === undefined) return undefined;
    let done = false;
    const end = (): void => {
      if (done || saying.current === undefined) return;
      done = true;
      latest.current(saying.current);
    };
    const speaks = aloud && text !== undefined && text !== '' && voices();
    const timer = setTimeout(end, speaks ? spokenMs(text) * 3 + 10_000 : spokenMs(text ?? ''));
    if (speaks) {
      const utterance = new SpeechSynthesisUtterance(text);
      utterance.lang = language ?? 'en-US';
      utterance.onend = end;
      window.speechSynthesis.cancel();
      window.speechSynthesis.speak(utterance);
    }
    return () => {
      done = true;
      clearTimeout(timer);
      if (speaks) window.speechSynthesis.cancel();
    };
  }, [number, text, language, aloud]);
}
