// Saving something about the customer.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CustomerInput } from '@activeflow/client';
import { useClient } from '../../app/session.js';
import { keys } from '../../data/query.js';
import { tell } from '../../ui/toast.js';

/** A mutation that saves what it is given and leaves the rest. */
export function useSave() {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (input: CustomerInput) => client.customer.update(input),
    onSuccess(customer) {
      queries.setQueryData(keys.customer(), customer);
      tell('Saved.');
    },
  });
}
