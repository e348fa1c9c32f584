/** Responsible for the types of a page that was measured. */

/** A screen. */
export interface Screen {
  readonly name: string
  readonly width: number
  readonly height: number
  /** Device pixels for each CSS pixel. */
  readonly dpr: number
}

/** A candidate of a `srcset`. */
export interface Candidate {
  readonly url: string
  /** `640w` or `2x`; empty for none. */
  readonly descriptor: string
  /** Width of the picture in pixels; undefined if it cannot be loaded. */
  readonly naturalWidth: number | undefined
}

/** An image as one screen displays it. Lengths in CSS pixels. */
export interface Display {
  readonly screen: string
  readonly dpr: number
  readonly width: number
  readonly height: number
  /** Distance from the top of the page. */
  readonly top: number
  readonly isInView: boolean
  /** The URL that the browser chose. */
  readonly currentSrc: string
  /** In pixels of the picture; 0 if it is not loaded or broken. */
  readonly naturalWidth: number
  readonly naturalHeight: number
  readonly isComplete: boolean
  /** Width that `sizes` declares; undefined without it. */
  readonly declaredWidth: number | undefined
  /** True for the largest contentful paint. */
  readonly isLargest: boolean
}

/** An `<img>`. */
export interface PageImage {
  /** Its `src`, resolved. */
  readonly src: string
  readonly candidates: readonly Candidate[]
  readonly sizes: string
  readonly loading: string
  /** Attributes; empty if they are absent. */
  readonly width: string
  readonly height: string
  /** CSS keeps its room without the attributes. */
  readonly hasAspectRatio: boolean
  readonly displays: readonly Display[]
}

/** A page and its images. */
export interface MeasuredPage {
  readonly url: string
  readonly images: readonly PageImage[]
}
