// Publishing a draft as a new revision, unless somebody has published another meanwhile.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ActiveflowError, type Flow } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Loading } from '../../ui/states.js';
import { tell, tellError } from '../../ui/toast.js';
import { difference } from './diff.js';
import { DifferenceView } from './difference-view.js';
import { draftOf, inputOf, type Draft } from './draft.js';
import { withUuids } from './edit.js';
import { isChanged, type Editing } from './editing.js';
import { shortestName } from './names.js';

type Props = {
  readonly id: string | undefined; readonly editing: Editing; readonly errors: number;
  /** Called with the flow as it is now; `mine` where it is what was just published. */
  readonly published: (flow: Flow) => void; readonly takeTheirs: (flow: Flow) => void;
};

/** The button, and the dialog for when two publish at once. */
export function Publish({ id, editing, errors, published, takeTheirs }: Props) {
  const client = useClient();
  const queries = useQueryClient();
  const [conflict, setConflict] = useState(false);
  const { draft, revision, broken } = editing;
  const publish = useMutation({
    mutationFn: (over?: number) => {
      // With ids of our own, so that what is chosen is still chosen afterwards.
      const input = inputOf({ ...draft, actions: withUuids(draft.actions).actions });
      return id === undefined ? client.flows.create(input) : client.flows.update(id, input, { if_match: over ?? revision });
    },
    onSuccess: (flow) => {
      setConflict(false);
      queries.setQueryData(keys.flow(flow.id), flow);
      void queries.invalidateQueries({ queryKey: keys.revisions(flow.id) });
      void queries.invalidateQueries({ queryKey: keys.flows() });
      tell(`Revision ${flow.revision} of “${shortestName(flow)}” is published. What runs goes on with the revision it began with.`);
      published(flow);
    },
    onError: (error) => { if (error instanceof ActiveflowError && error.reason === 'VERSION_CONFLICT') setConflict(true); else tellError(error); },
  });
  const changed = isChanged(editing) || id === undefined;
  const why = broken ? 'Mend the JSON first' : errors > 0 ? 'Solve the errors first' : !changed ? 'Nothing has changed' : undefined;
  return (
    <>
      <Button look="primary" icon="check" busy={publish.isPending} disabled={why !== undefined} title={why} onClick={() => { publish.mutate(undefined); }}>Publish</Button>
      {conflict && id !== undefined && <Conflict id={id} editing={editing} busy={publish.isPending} over={(newest) => { publish.mutate(newest); }} take={(flow) => { setConflict(false); takeTheirs(flow); }} close={() => { setConflict(false); }} />}
    </>
  );
}

function Conflict({ id, editing, busy, over, take, close }: {
  readonly id: string; readonly editing: Editing; readonly busy: boolean; readonly over: (revision: number) => void; readonly take: (flow: Flow) => void; readonly close: () => void;
}) {
  const client = useClient();
  const { data: theirs } = useQuery({ queryKey: keys.flow(id), queryFn: ({ signal }) => client.flows.get(id, { signal }), staleTime: 0, refetchOnMount: 'always' });
  const base: Draft = editing.base;
  return (
    <Dialog title="Somebody published meanwhile" wide close={close} footer={<>
      <Button onClick={close}>Go on editing</Button>
      <Button disabled={!theirs} onClick={() => { if (theirs) take(theirs); }}>Take theirs, drop mine</Button>
      <Button look="danger" busy={busy} disabled={!theirs} onClick={() => { if (theirs) over(theirs.revision); }}>Publish mine over it</Button>
    </>}>
      {!theirs ? <Loading /> : <>
        <p>You began with revision {editing.revision}. Revision {theirs.revision} is there now. Nothing of yours is lost, and nothing of theirs has been overwritten. This is what they changed:</p>
        <div className="conflict"><DifferenceView difference={difference(base, draftOf(theirs))} /></div>
      </>}
    </Dialog>
  );
}
