// Flows in code: what they build, what the types keep out.
import { describe, expect, expectTypeOf, test } from 'vitest';
import { actions } from './actions/index.js';
import { flow, type BuilderOption } from './builder.js';
import { isUuid } from './ids.js';
import { parsed } from './testing/play.js';

describe('flow()', () => {
  test('builds actions that can be stored, names turned to ids', () => {
    const built = flow()
      .answer()
      .talk({ text: 'Press 1 or 2' }).as('menu')
      .digits_receive({ length: 1 })
      .branch({ target_ids: { 1: 'sales', 2: 'menu' }, default_target_id: 'bye' })
      .connect({ destinations: [{ target: '+15550002' }] }).as('sales').to('bye')
      .goto({ target_id: 'menu', loop_count: '${loops}' })
      .hangup().as('bye')
      .build();
    const stored = parsed(built);
    const [answer, menu, digits, branch, sales, jump, bye] = stored;
    expect(stored.map(({ type }) => type)).toEqual(['answer', 'talk', 'digits_receive', 'branch', 'connect', 'goto', 'hangup']);
    expect(branch?.option).toEqual({ target_ids: { 1: sales?.id, 2: menu?.id }, default_target_id: bye?.id });
    expect(sales?.next_id).toBe(bye?.id);
    expect(jump?.option).toEqual({ target_id: menu?.id, loop_count: '${loops}' });
    expect([answer, digits].every((action) => isUuid(action?.id ?? ''))).toBe(true);
    expect(new Set(built.map(({ id }) => id)).size).toBe(7);
  });

  test('gives the same ids for the same code, others for another seed, and can be built twice', () => {
    const make = (seed?: string) => flow(seed).empty().as('a').goto({ target_id: 'a' });
    expect(make().build()).toEqual(make().build());
    expect(make('other').build()).not.toEqual(make().build());
    const one = make();
    expect(one.build()).toEqual(one.build());
  });

  test('has a method for every action', () => {
    const builder = flow();
    for (const type of Object.keys(actions)) expect(typeof builder[type as keyof typeof actions]).toBe('function');
    expect(Object.keys(builder).sort()).toEqual([...Object.keys(actions), 'as', 'build', 'to'].sort());
  });

  test('a placeholder may stand for a target', () => {
    expect(flow().goto({ target_id: '${where}' }).build()[0]?.option).toEqual({ target_id: '${where}' });
  });

  test('says so where a name is wrong', () => {
    expect(() => flow().goto({ target_id: 'nowhere' }).build()).toThrow('no action is named "nowhere"');
    expect(() => flow().branch({ target_ids: { 1: 'nowhere' } }).build()).toThrow('no action is named "nowhere"');
    expect(() => flow().empty().to('nowhere').build()).toThrow('no action is named "nowhere"');
    expect(() => flow().empty().as('a').empty().as('a').build()).toThrow('two actions have one name');
    expect(() => flow().as('a')).toThrow('there is no action yet');
  });

  test('an empty flow is a flow', () => expect(flow().build()).toEqual([]));
});

describe('the types', () => {
  test('know each option, let it be left out, and let a placeholder stand for it', () => {
    expectTypeOf<BuilderOption<'sleep'>>().toEqualTypeOf<{ readonly duration?: number | `${string}\${${string}}${string}` }>();
    expectTypeOf<BuilderOption<'amd'>['machine_handle']>().extract<'hangup' | 'continue'>().toEqualTypeOf<'hangup' | 'continue'>();
    expectTypeOf(flow().talk).parameter(0).toEqualTypeOf<BuilderOption<'talk'> | undefined>();
    expectTypeOf(flow().answer().sleep({ duration: 5 })).toEqualTypeOf(flow());
    flow().sleep({ duration: '${ms}' }).webhook_send({ uri: 'https://h/${x}', sync: '${wait}' }).condition_variable({ variable: 'x', condition: '>=', value_number: '${n}', false_target_id: 'a' });
  });

  test('keep out what would be refused', () => {
    // @ts-expect-error a number that is none
    flow().sleep({ duration: 'long' });
    // @ts-expect-error not one of the words
    flow().amd({ machine_handle: 'argue' });
    // @ts-expect-error no such property
    flow().talk({ txt: 'Hi' });
    // @ts-expect-error not a list of addresses
    flow().connect({ destinations: ['+1'] });
    // @ts-expect-error no such action
    expect(() => flow().dance()).toThrow(TypeError);
  });
});
