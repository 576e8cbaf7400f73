// One seed: its plan, in a calm world and in one that is not.
import { CALM, createFaults, slowProfile, strictProfile, wildProfile, type Faults } from './faults.js';
import { Violation } from './invariants.js';
import { compare, outcomeOf } from './oracle.js';
import { createPlan, type Plan } from './plan.js';
import { createRandom } from './random.js';
import { runWorld, type Came, type Mutation } from './world.js';

/** What a seed came to; `violation` where a promise was broken. */
export type SeedResult = { readonly seed: number; readonly strict: boolean; readonly writes: number; readonly effects: number; readonly deliveries: number; readonly violation?: Violation };

/** Two seeds in three are strict: their result is compared with the calm world's. The third may be as rough as it likes. */
export const isStrict = (seed: number): boolean => seed % 3 !== 2;

/** Runs a seed. */
export async function runSeed(seed: number, more: { readonly mutation?: Mutation; readonly trace?: (line: string) => void } = {}): Promise<SeedResult> {
  const strict = isStrict(seed);
  const counts = { writes: 0, effects: 0, deliveries: 0 };
  try {
    const plan = createPlan(seed, strict);
    const random = createRandom(seed).fork('faults');
    const profileOf = ({ wide }: Plan) => (wide ? slowProfile : strict ? strictProfile : wildProfile);
    const faulty = await seen(runWorld({ plan, faults: createFaults(profileOf(plan)(random), random), ...more }));
    Object.assign(counts, { writes: faulty.writes, effects: faulty.effects, deliveries: faulty.deliveries });
    if (strict) compare(await outcomeOf(await calm(plan)), await outcomeOf(faulty));
    return { seed, strict, ...counts };
  } catch (error) {
    if (error instanceof Violation) return { seed, strict, ...counts, violation: error };
    throw error;
  }
}

/** The plan in a world in which nothing goes wrong, and nobody is told: that changes no run. */
export const calm = (plan: Plan, faults: Faults = createFaults(CALM, createRandom(plan.seed))): Promise<Came> => seen(runWorld({ plan: { ...plan, webhooked: undefined }, faults }));

/** The same world; a promise of the code under test that nobody handles, which would end a server, breaks it. */
export async function seen(world: Promise<Came>): Promise<Came> {
  let report: (reason: unknown) => void = () => undefined;
  const unhandled = new Promise<never>((_resolve, reject) => {
    report = (reason) => { reject(new Violation('unhandled', `a rejected promise that nobody handles would end the process: ${String(reason)}`)); };
  });
  process.on('unhandledRejection', report);
  try {
    return await Promise.race([world, unhandled]);
  } finally {
    // The event loop turns once for each world: whoever else is in the process gets a chance.
    await new Promise((resolve) => { setImmediate(resolve); });
    process.off('unhandledRejection', report);
  }
}
