/** Responsible for snippets in languages without a client: the function of docs/clients.md, and an `<img>`. */
import { jsText, singleQuoted } from "./snippet-text.ts"

/** A photo in a page. */
export interface LanguageInput {
  readonly key: string
  /** Host of the images, with their base path. */
  readonly base: string
  /** Names of the sizes of the `srcset`, with the width of each rendition, or its density. */
  readonly candidates: readonly { readonly size: string; readonly descriptor: string }[]
  readonly size: string
  /** Further attributes of the `<img>`, as HTML. */
  readonly attributes: string
}

const PHP_FUNCTION = `/** The URL path of a rendition or, for size "info", of the description; without a format, in the original's own. */
function imgtailor_path(string $original, string $size, ?string $format = null): string
{
    $segments = explode('/', $original);
    $file = array_pop($segments);
    $ending = $size === 'info' ? '.json' : ($format === null ? '' : ".$format");
    return '/' . implode('/', array_map('rawurlencode', [...$segments, $size, $file . $ending]));
}
`

const PYTHON_FUNCTION = `from urllib.parse import quote


def imgtailor_path(original, size, format=None):
    """The URL path of a rendition or, for size "info", of the description; without a format, in the original's own."""
    directory, slash, file = original.rpartition("/")
    ending = ".json" if size == "info" else f".{format}" if format else ""
    return "/" + quote(f"{directory}{slash}{size}/{file}{ending}", safe="/")
`

const RUBY_FUNCTION = `require "erb"

# The URL path of a rendition or, for size "info", of the description; without a format, in the original's own.
def imgtailor_path(original, size, format = nil)
  *directory, file = original.split("/")
  ending = size == "info" ? ".json" : format && ".#{format}"
  "/" + [*directory, size, "#{file}#{ending}"].map { |segment| ERB::Util.url_encode(segment) }.join("/")
end
`

/** The functions, which docs/clients.md explains. */
export const LANGUAGE_FUNCTIONS: Readonly<Record<"php" | "python" | "ruby", string>> = {
  php: PHP_FUNCTION,
  python: PYTHON_FUNCTION,
  ruby: RUBY_FUNCTION,
}

/** A page in PHP. */
export const phpSnippet = ({ key, base, candidates, size, attributes }: LanguageInput): string => {
  const pairs = candidates.map((one) => `${singleQuoted(one.size)} => ${singleQuoted(one.descriptor)}`).join(", ")
  return `<?php
${PHP_FUNCTION}
$base = ${singleQuoted(base)};
$photo = ${singleQuoted(key)};
$srcset = [];
foreach ([${pairs}] as $size => $descriptor) {
    $srcset[] = $base . imgtailor_path($photo, $size) . ' ' . $descriptor;
}
?>
<img src="<?= htmlspecialchars($base . imgtailor_path($photo, ${singleQuoted(size)})) ?>"
     srcset="<?= htmlspecialchars(implode(', ', $srcset)) ?>"
     ${attributes}>
`
}

/** A page in Python. */
export const pythonSnippet = ({ key, base, candidates, size, attributes }: LanguageInput): string => {
  const pairs = candidates.map((one) => `(${jsText(one.size)}, ${jsText(one.descriptor)})`).join(", ")
  return `from html import escape
${PYTHON_FUNCTION}

base = ${jsText(base)}
photo = ${jsText(key)}
srcset = ", ".join(f"{base}{imgtailor_path(photo, size)} {descriptor}" for size, descriptor in [${pairs}])
html = f"""<img src="{escape(base + imgtailor_path(photo, ${jsText(size)}))}"
     srcset="{escape(srcset)}"
     ${attributes.replaceAll("{", "{{").replaceAll("}", "}}")}>"""
`
}

/** A page in Ruby. */
export const rubySnippet = ({ key, base, candidates, size, attributes }: LanguageInput): string => {
  const pairs = candidates.map((one) => `${singleQuoted(one.size)} => ${singleQuoted(one.descriptor)}`).join(", ")
  return `${RUBY_FUNCTION}
base = ${singleQuoted(base)}
photo = ${singleQuoted(key)}
sizes = { ${pairs} }
srcset = sizes.map { |size, descriptor| "#{base}#{imgtailor_path(photo, size)} #{descriptor}" }.join(", ")
src = base + imgtailor_path(photo, ${singleQuoted(size)})
html = %(<img src="#{ERB::Util.html_escape(src)}" srcset="#{ERB::Util.html_escape(srcset)}" ) + ${singleQuoted(`${attributes}>`)}
`
}
