// Which provider carries a message: by the beginning of the destination and by the sender.

/** One row: what it asks for, and who carries it. */
export type MessageRoute = {
  /** The beginning of the destination; `''`: any. */
  readonly prefix: string;
  /** The sender as it is written; `''`: any. */
  readonly source: string;
  readonly provider: string;
};

const ROW = /^(?:\*|([+]?\d{1,15}))?(?:@([^\s,=@]{1,64}))?=([a-z][a-z0-9_-]{0,31})$/;

/**
 * Reads routes as the setting has them, comma-separated: `+49=smpp` by prefix, `@ACME=kannel` by sender, `+49@ACME=kannel` by both, `*=twilio` for
 * the rest. Throws with what would be right.
 */
export function parseRoutes(text: string): readonly MessageRoute[] {
  return text.split(',').map((part) => part.trim()).filter(Boolean).map((part) => {
    const [row, prefix = '', source = '', provider = ''] = ROW.exec(part) ?? [];
    if (row === undefined || row.startsWith('=')) throw new Error('must be a list of `<prefix>=<provider>`, `@<sender>=<provider>`, `<prefix>@<sender>=<provider>` and `*=<provider>`');
    return { prefix, source, provider };
  });
}

/** The provider of a destination and a sender: a row with the sender goes before one without, then the longest prefix; undefined where no row fits. */
export function routeOf(routes: readonly MessageRoute[], destination: string, source: string): string | undefined {
  const digits = (number: string): string => number.replace(/^\+/, '');
  const fits = routes.filter((route) => (route.source === '' || route.source === source) && (route.prefix === '' || digits(destination).startsWith(digits(route.prefix))));
  const weight = ({ source: of, prefix }: MessageRoute): number => (of === '' ? 0 : 100) + digits(prefix).length;
  return fits.reduce<MessageRoute | undefined>((best, route) => (best === undefined || weight(route) > weight(best) ? route : best), undefined)?.provider;
}
