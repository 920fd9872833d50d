/** The part of the library that the programs of the pages use. It has no declarations of its own. */
declare module 'idiomorph' {
  export const Idiomorph: {
    morph(
      old: Element,
      fresh: NodeList,
      options: {
        morphStyle: 'innerHTML' | 'outerHTML';
        callbacks?: {
          beforeAttributeUpdated?(name: string, element: Element, change: 'update' | 'remove'): boolean;
        };
      },
    ): void;
  };
}
