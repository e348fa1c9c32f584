/**
 * Words and constructions that this project does not use, each with the plain form to write instead.
 *
 * Patterns are regular expressions that ignore case; a space matches any white space, line breaks included. They apply to prose alone:
 * comments, docs, messages and test titles, never to identifiers. See scripts/check-words.mjs.
 */
const PERSONS =
  "anyone|attackers?|clients?|contributors?|customers?|developers?|editors?|engineers?|everyone|maintainers?|operators?|people|persons?|readers?|reporters?|users?|visitors?"

/** Ends of a clause: "where it is," has lost its noun. */
const CLAUSE_ENDS = "(?=[.,;:)])"

export const RETIRED = [
  // Clauses without a noun.
  [
    String.raw`(?<!\b(?:no matter|so|and|for|guess) )what(?! (?:happen|if\b|kind\b|to\b)|'s)(?![^.!]*\?)`,
    "name the thing",
  ],
  [String.raw`(?<!\b(?:${PERSONS}),? )who(?:m)?\b(?![^.!]*\?)`, "name the client, the operator, the caller"],
  [String.raw`whoever|whomever|whatever`, "name the client, the caller, the value"],
  [String.raw`nobody|somebody|anybody`, "no client, no reader, another process"],
  [String.raw`those who`, "name them"],
  [String.raw`one's own|of (?:its|their|our|your) own`, "its own, custom"],
  [String.raw`(?:where|as|if|when|that) (?:it|they|there|one) (?:is|are|was|were)${CLAUSE_ENDS}`, "say which state"],
  [String.raw`there (?:is|are|was|were)${CLAUSE_ENDS}`, "existing"],
  [String.raw`as (?:it|they) (?:is|are|was|were)\b`, "unchanged"],
  [
    String.raw`(?<!\bthere )(?:is|are|was|were) no (?!such\b|longer\b|more\b|less\b|larger\b|smaller\b|heavier\b|slower\b|faster\b|older\b|other\b|different\b|worse\b|better\b)`,
    "is not a …",
  ],

  // Programs and requests are not persons.
  [String.raw`told|tells|tell(?:ing)? of`, "report, return, log, configure"],
  [String.raw`asks|asked|ask(?:ing)? for`, "request, call"],
  [String.raw`said|says? (?:of|so|what|nothing|it|they|no|how)\b`, "report, describe, state"],
  [String.raw`speaks?|spoke|hears?|heard`, "report, receive"],
  [String.raw`heeds?|heeded|unheeded`, "respect, read"],
  [String.raw`knows? (?:nothing|no|of|what)\b`, "does not depend on, lacks"],
  [String.raw`himself|herself`, "itself"],
  [String.raw`strangers?|giants?`, "clients; large originals"],

  // Literary words.
  [String.raw`anew|once more`, "again"],
  [String.raw`at one time`, "concurrently, at once"],
  [String.raw`last but one`, "second-to-last"],
  [String.raw`in vain`, "unsuccessfully"],
  [String.raw`cuts? off`, "truncated"],
  [String.raw`(?:in|out of) step`, "fresh, stale"],
  [String.raw`such as (?:it|they) (?:is|are)`, "leave out"],
  [String.raw`for good(?! measure| reason)`, "permanently"],
  [String.raw`in hand`, "loaded, available"],
  [String.raw`at home`, "locally"],
  [String.raw`goes on|go on|went on|going on`, "continue"],
  [String.raw`stands?(?! for\b| in\b| out\b|-)`, "is"],
  [String.raw`lies`, "is, is stored"],
  [String.raw`(?:comes?|came|coming) of`, "results from"],
  [String.raw`(?:to )?be had`, "available"],
  [String.raw`puts? right`, "correct"],
  [String.raw`nothing but`, "only"],
  [String.raw`and the like`, "and similar"],
  [String.raw`before all else|all else`, "first; everything else"],
  [String.raw`whence|thereof|whereupon|lest|aught|nought`, "plain words"],
  [
    String.raw`(?:a|each|one|this|that|the|such a) look(?! at\b)|looks? (?:again|further)|looked (?:at )?again`,
    "lookup, recheck",
  ],
  [String.raw`wholeness`, "completeness"],
  [String.raw`surroundings`, "environment"],
  [String.raw`refusals?`, "rejected request, unsupported file"],
  [String.raw`unhurried|hurried|in a hurry`, "fast, slow, without a deadline"],
  [String.raw`dear|dearer`, "expensive"],
  [String.raw`patience`, "deadline"],
  [String.raw`passing (?:errors?|failures?|faults?)`, "transient"],
  [
    String.raw`(?<!\b(?:bind|bound|e-?mail|forwarded|host|ip|ipv4|ipv6|link-local|listen|listening|local|loopback|memory|metadata|network|peer|private|public|remote|server|socket|source) )(?:addresses|address)(?! (?:family|in use|space))`,
    "URL, URL path",
  ],
]

/** Case matters: a sentence that begins with "Of …" has lost its noun. */
export const RETIRED_CASED = [[String.raw`(?<![\p{L}\d,)"'] )Of(?! course\b)`, "begin with the noun"]]
