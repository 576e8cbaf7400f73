// The picture of the run at the event that is looked at.
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Loading } from '../ui/states.js';
import { GraphView } from '../graph/view.js';
import type { Known, Run } from './run.js';
import { framesUpTo, pictureOf, sceneOf, shownPaths, type FramePlace, type Scene } from './scene.js';

/** What the page needs to know of a node that somebody chose. */
export type Chosen = { readonly key: string; readonly element: HTMLElement };
type Places = ReadonlyMap<string, FramePlace>;

/** The picture, kept as the run moves: lists that it pushed open by themselves, and close when it has left them. */
export function usePicture({ track, lists }: Known, n: number, run: Run) {
  const state = track.states[n];
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const walked = useRef({ run, until: 0, places: new Map<string, FramePlace>() });
  const places = useMemo((): Places => {
    const kept = walked.current.run === run && walked.current.until <= track.events ? walked.current : { run, until: 0, places: new Map<string, FramePlace>() };
    const next = new Map(kept.places);
    framesUpTo(track, track.events - 1, next, kept.until);
    const same = next.size === kept.places.size && [...next].every(([id, one]) => kept.places.get(id) === one);
    walked.current = { run, until: track.events, places: same ? kept.places : next };
    return walked.current.places;
  }, [track, run]);
  const shown = state ? [...shownPaths(places, state, opened)].sort().join(' ') : '';
  const paths = useMemo(() => new Set(shown.split(' ')), [shown]);
  const needed = useMemo(() => [...new Set([...places.values()].filter(({ path }) => paths.has(path)).map(({ frame }) => frame.list_id))], [places, paths]);
  useEffect(() => { run.want(needed); }, [run, needed]);
  const placed = useMemo(() => pictureOf(places, paths, (list_id) => lists.get(list_id)), [places, paths, lists]);
  const scene = useMemo(() => placed && sceneOf(track, n, places, placed), [track, n, places, placed]);
  return { places, placed, scene, opened, setOpened };
}

type Props = {
  readonly picture: ReturnType<typeof usePicture>; readonly title: string; readonly selected: string | undefined;
  readonly choose: (chosen: Chosen) => void; readonly children?: ReactNode;
};

/** The picture with its marks. */
export function GraphPanel({ picture: { placed, scene, opened, setOpened }, title, selected, choose, children }: Props) {
  const marks = useMemo((): Scene['marks'] | undefined => {
    if (!scene || selected === undefined) return scene?.marks;
    return new Map(scene.marks).set(selected, { ...scene.marks.get(selected), selected: true });
  }, [scene, selected]);
  const [callbacks] = useState(() => ({
    fold: (key: string) => { setOpened((opened) => new Set([...opened].filter((path) => !path.startsWith(key)))); },
  }));
  const latest = useRef(choose);
  useEffect(() => { latest.current = choose; });
  const [open] = useState(() => (key: string, element: HTMLElement) => { latest.current({ key, element }); });
  if (!placed || !scene || !marks) return <Loading what="Loading the flow" />;
  return (
    <GraphView placed={placed} label={`Graph of ${title}`} marks={marks} counts={scene.counts} extra={scene.extra} newest={scene.newest} follow={scene.cursor} open={open} {...(opened.size > 0 ? callbacks : {})}>
      {children}
    </GraphView>
  );
}
