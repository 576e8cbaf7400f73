// Comparisons, as the condition actions share them.

/** The comparisons, by sign and by word. */
export const CONDITIONS = ['', '==', '!=', '>', '>=', '<', '<=', 'equal', 'not_equal', 'greater', 'greater_equal', 'less', 'less_equal'] as const;
/** One of `CONDITIONS`; `""` means equal. */
export type Condition = (typeof CONDITIONS)[number];

/** Compares two values of one type. */
export function compare<T extends string | number>(condition: Condition, a: T, b: T): boolean {
  switch (condition) {
    case '': case '==': case 'equal': return a === b;
    case '!=': case 'not_equal': return a !== b;
    case '>': case 'greater': return a > b;
    case '>=': case 'greater_equal': return a >= b;
    case '<': case 'less': return a < b;
    case '<=': case 'less_equal': return a <= b;
    default: return condition satisfies never;
  }
}
