/** Responsible for the algebra of colours: vectors and matrices of three. Pure. */

/** Three values, mostly of red, green and blue. */
export type Vector = readonly [number, number, number]

/** Three rows of three values. */
export type Matrix = readonly [Vector, Vector, Vector]

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

/** Changes each value of a vector. */
export const mapVector = (vector: Vector, change: (value: number, at: 0 | 1 | 2) => number): Vector => [
  change(vector[0], 0),
  change(vector[1], 1),
  change(vector[2], 2),
]

/** Matrix × column vector. */
export const transform = (matrix: Matrix, vector: Vector): Vector => [
  dot(matrix[0], vector),
  dot(matrix[1], vector),
  dot(matrix[2], vector),
]

/** Rows become columns. */
export const transpose = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
]

/** Matrix product. */
export const multiply = (a: Matrix, b: Matrix): Matrix => {
  const columns = transpose(b)
  return transpose([transform(a, columns[0]), transform(a, columns[1]), transform(a, columns[2])])
}

const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]

/** Inverse of a matrix; undefined for a singular one. */
export const invert = ([a, b, c]: Matrix): Matrix | undefined => {
  const rows: Matrix = [cross(b, c), cross(c, a), cross(a, b)]
  const determinant = dot(a, rows[0])
  if (!(Math.abs(determinant) > 1e-9)) return undefined
  const scaled = (row: Vector): Vector => mapVector(row, (value) => value / determinant)
  return transpose([scaled(rows[0]), scaled(rows[1]), scaled(rows[2])])
}
