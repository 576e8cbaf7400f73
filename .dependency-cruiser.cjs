// Who may import whom: the table of the design, one rule for each row. What a row does not name is forbidden, so a new shared file
// in packages/server/src is first written into this table. Tests may import what they like, except that no source imports a test.

const TEST = '(\\.test\\.tsx?$|/testing/)';
const SERVER = '^packages/server/src/';
const ENGINE = '^(packages/engine/|@activeflow/engine)';
const CLIENT = '^(packages/client/|@activeflow/client)';
const INTERNAL = '^(packages/server/|activeflow/internal/)';

/** A room of the server: what it may import of the server's own sources, itself included. */
const room = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TEST },
  to: { path: INTERNAL, pathNot: allowed.map((path) => `${SERVER}${path}`) },
});

/** `from` may not import `to`, whatever it is imported for. */
const never = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { pathNot: TEST, ...from }, to });

/** `from` may name the types of `to`, but not run its code. */
const typesOnly = (name, comment, from, to) =>
  never(name, comment, { path: from }, { path: to, dependencyTypesNot: ['type-only'] });

module.exports = {
  forbidden: [
    never(
      'engine-is-pure',
      'The engine imports typebox and itself, nothing else: what it decides depends on its arguments alone.',
      { path: '^packages/engine/' },
      { pathNot: ['^packages/engine/', '^(node_modules/)?typebox(/|$)'] },
    ),
    never(
      'client-stands-alone',
      'The client imports nothing but the engine, so that a browser loads no server and no Node module.',
      { path: '^packages/client/' },
      { pathNot: ['^packages/client/', ENGINE] },
    ),
    typesOnly(
      'client-takes-types',
      'The client takes types of the engine, never its code: it has no runtime dependency.',
      '^packages/client/',
      ENGINE,
    ),
    never(
      'engine-has-one-door',
      "The engine's public surface is index.ts; nothing outside the engine imports a file behind it.",
      { pathNot: ['^packages/engine/', TEST] },
      { path: '^packages/engine/(src|dist)/', pathNot: '^packages/engine/(src|dist)/index\\.(d\\.)?(ts|js)$' },
    ),

    room(
      'store-knows-its-interface',
      'A store knows store.ts and its own folder; no rule of the engine and no other room is smeared over it.',
      `${SERVER}store/`,
      ['store/'],
    ),
    never(
      'store-never-another-store',
      'One store never imports another: each folder can be deleted.',
      { path: `${SERVER}store/([^/]+)/` },
      { path: [`${SERVER}store/[^/]+/`, `${SERVER}store/(memory|register|index)\\.ts$`], pathNot: `${SERVER}store/$1/` },
    ),
    never(
      'store-interface-is-abstract',
      'Beside a register, no file of the interface imports a store.',
      { path: `${SERVER}store/[^/]+\\.ts$`, pathNot: [`${SERVER}store/(register|index)\\.ts$`, TEST] },
      { path: [`${SERVER}store/[^/]+/`, `${SERVER}store/(register|index|memory)\\.ts$`] },
    ),
    typesOnly(
      'store-takes-types',
      "A store takes types of the engine, never its code: deciding is not the store's.",
      `${SERVER}store/`,
      ENGINE,
    ),
    never('store-no-client', 'A store has no use for the HTTP client.', { path: `${SERVER}store/` }, { path: CLIENT }),

    room(
      'driver-knows-its-interface',
      'A driver knows driver.ts (which names what it asks for by the types of store.ts and clock.ts), log.ts and its own folder; it says what happened.',
      `${SERVER}driver/`,
      ['driver/', 'store/store\\.ts$', '(clock|log|message-rules)\\.ts$', 'media/(media|sound|tone|wav-read|wav-write)\\.ts$', 'speech/speech\\.ts$'],
    ),
    room('media-stands-alone', 'Sound that keeps time in worker threads: it knows packets and samples, and nothing of calls.', `${SERVER}media/`, ['media/']),
    room('speech-makes-sounds', 'Text becomes sound; what a sound is, media says. URLs are fetched by the function it is given.', `${SERVER}speech/`, ['speech/', 'media/(sound|resample|wav-read)\\.ts$']),
    never(
      'driver-never-another-driver',
      'One driver never imports another: each folder can be deleted.',
      { path: `${SERVER}driver/([^/]+)/` },
      { path: [`${SERVER}driver/[^/]+/`, `${SERVER}driver/(register|index)\\.ts$`], pathNot: `${SERVER}driver/$1/` },
    ),
    never(
      'driver-interface-is-abstract',
      'Beside the register, no file of the interface imports a driver.',
      { path: `${SERVER}driver/[^/]+\\.ts$`, pathNot: [`${SERVER}driver/(register|index)\\.ts$`, TEST] },
      { path: [`${SERVER}driver/[^/]+/`, `${SERVER}driver/(register|index)\\.ts$`] },
    ),
    // A driver may run the engine's public surface (engine-has-one-door): derived ids and addresses are spelled there, once.
    never('driver-no-client', 'A driver has no use for the HTTP client.', { path: `${SERVER}driver/` }, { path: CLIENT }),

    room(
      'runner-knows-interfaces',
      'The runner knows interfaces (store.ts, driver.ts and its two errors, clock.ts, log.ts) and no implementation.',
      `${SERVER}runner/`,
      ['runner/', 'store/store\\.ts$', 'driver/(driver|errors)\\.ts$', '(clock|log)\\.ts$'],
    ),
    never('runner-no-client', 'The runner has no use for the HTTP client.', { path: `${SERVER}runner/` }, { path: CLIENT }),

    room(
      'api-asks-the-runner',
      'The API asks the runner for changes, store.ts for reads, problem.ts for errors; it writes a log, reads the clock, and opens the doors of the simulator and of browsers, which main.ts hands to it.',
      `${SERVER}api/`,
      ['api/', 'runner/', 'store/store\\.ts$', '(problem|clock|log|message-rules|uuid)\\.ts$', 'driver/doors\\.ts$', 'driver/simulator/simulator\\.ts$', 'driver/message/(message|provider)\\.ts$', 'driver/webrtc/whip\\.ts$'],
    ),
    typesOnly('api-takes-types-of-the-doors', 'Of the simulator the API knows the types of its doors, never its code: the folder can be deleted.', `${SERVER}api/`, `${SERVER}driver/`),
    room(
      'cli-asks-the-runner',
      'A command asks a server over HTTP, as anybody does. What it does without one: it starts main.ts, shows the settings, and administers accounts or examines the store, opened by its register.',
      `${SERVER}cli/`,
      ['cli/', 'api/(accounts|identity|time)\\.ts$', 'store/(store|register|doctor)\\.ts$', 'problem\\.ts$', 'main\\.ts$', 'config\\.ts$', 'clock\\.ts$'],
    ),
    never('api-no-client', 'The API is what the client talks to, not the other way about.', { path: `${SERVER}api/` }, { path: CLIENT }),

    room(
      'shared-files-are-leaves',
      'What every room may lean on (config.ts, problem.ts, clock.ts) leans on no room; the composition root aside. A setting is checked by whoever reads it, once: the list of allowed hosts, the routes of messages.',
      `${SERVER}(?!(main|telephony|telephony-asterisk|messaging|spent-outside)\\.ts$)[^/]+\\.ts$`,
      ['(?!(main|telephony|telephony-asterisk|messaging|spent-outside)\\.ts$)[^/]+\\.ts$', 'driver/http/allow\\.ts$', 'driver/message/routes\\.ts$'],
    ),

    never(
      'console-is-a-client',
      'The console reaches the server through the client, as any other browser does.',
      { path: '^apps/console/' },
      { path: [INTERNAL, '^(sim|bench|tools|test)/'] },
    ),
    never(
      'console-has-no-node',
      'What runs in a browser has no module of Node.',
      { path: '^apps/console/src/' },
      { dependencyTypes: ['core'] },
    ),
    never(
      'no-way-back',
      'What is shipped imports nothing of the simulation, the bench, the tools or the console.',
      { path: '^packages/' },
      { path: '^(sim|bench|tools|test|apps)/' },
    ),
    never(
      'internals-stay-inside',
      'activeflow/internal/* is for sim, bench and tools; inside a package a relative path says which room is meant.',
      // The command itself starts what was built.
      { path: '^(packages|apps)/', pathNot: ['^packages/server/bin/', TEST] },
      { path: ['^activeflow/internal/', '^packages/server/dist/'] },
    ),
    never('no-source-imports-a-test', 'Nothing that is built imports a test.', {}, { path: TEST }),
    never(
      'no-undeclared-package',
      'A shipped package imports only what its package.json lists, so that it runs alone (a conformance suite brings its own vitest).',
      { path: '^packages/[^/]+/src/', pathNot: [TEST, '/conformance\\.ts$'] },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    never(
      'no-circle',
      'Two files that run each other are one file, or three; types may refer to each other.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    exclude: { path: ['^(sim|bench|tools)/dist/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
