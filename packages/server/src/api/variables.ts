// The variables that a request brings along.
import { initialVariables, type Variables } from '@activeflow/engine';
import { ApiError, problemError } from '../problem.js';

/** The variables of a body, cleaned (engine.md §4). Throws `INVALID_VARIABLES`. */
export function readVariables(given: unknown): Variables {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    const problem = { pointer: '/variables', reason: 'INVALID_VARIABLES', message: 'must be an object of strings' };
    throw new ApiError('INVALID_VARIABLES', `${problem.pointer}: ${problem.message}`, { details: [problem] });
  }
  const { variables, problems } = initialVariables(given as Record<string, unknown>);
  if (problems.length > 0) throw problemError(problems);
  return variables;
}
