/** Tests of the table of settings and of parsing: the table is complete, names are unique, and texts are parsed as documented. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { optionsFrom, parseSetting, variablesFrom } from "./parse-text.ts"
import { checkOptions, LIMIT_NAMES } from "./schema.ts"
import { flagOf, type Setting, variableOf } from "./setting.ts"
import { SETTINGS } from "./settings.ts"

const settingOf = (...path: readonly string[]): Setting => {
  const setting = SETTINGS.find((some) => some.path.join(".") === path.join("."))
  if (!setting) throw new Error(`no setting ${path.join(".")}`)
  return setting
}

describe("SETTINGS", () => {
  it("SETTINGS has exactly the settings of the schema", () => {
    const checked = checkOptions({ originals: "photos", sizes: ["1w"], zzzzzzzzzzzzzzzz: 1 })
    const known =
      "problems" in checked ? /Known settings: (.*)\.$/.exec(checked.problems.join(""))?.[1]?.split(", ") : undefined
    expect(new Set(SETTINGS.map(({ path: [first] }) => first))).toEqual(new Set(known))
    const limits = SETTINGS.filter(({ path: [first] }) => first === "limits").map(({ path: [, name] }) => name)
    expect(limits).toEqual(LIMIT_NAMES)
  })

  it("SETTINGS has a unique option, variable and description for each setting", () => {
    for (const of of [flagOf, variableOf, ({ description }: Setting) => description]) {
      expect(new Set(SETTINGS.map(of)).size).toBe(SETTINGS.length)
    }
    expect(SETTINGS.filter(({ description }) => !/^[A-Z0-9`].*\.$/.test(description))).toEqual([])
  })

  it("flagOf and variableOf derive names from the setting", () => {
    expect(flagOf(settingOf("sharedStore"))).toBe("shared-store")
    expect(flagOf(settingOf("limits", "deadlineMs"))).toBe("deadline-ms")
    expect(flagOf(settingOf("retired", "sizes"))).toBe("retired-sizes")
    expect(variableOf(settingOf("limits", "deadlineMs"))).toBe("IMGTAILOR_DEADLINE_MS")
    expect(variableOf(settingOf("retired", "formats"))).toBe("IMGTAILOR_RETIRED_FORMATS")
    expect(variableOf(settingOf("originals"))).toBe("IMGTAILOR_ORIGINALS")
    for (const setting of SETTINGS) {
      expect(flagOf(setting)).toMatch(/^[a-z][a-z0-9]*(?:-[a-z]+)*$/)
      expect(variableOf(setting)).toMatch(/^IMGTAILOR_[A-Z][A-Z0-9_]*$/)
    }
  })
})

describe("parseSetting", () => {
  it.each<[string, readonly string[], string, unknown]>([
    ["text", ["originals"], "./photos, old", "./photos, old"],
    ["a list", ["sizes"], "360x270,1280w", ["360x270", "1280w"]],
    ["a list with spaces", ["sizes"], " 360x270 , 1280w ", ["360x270", "1280w"]],
    ["a list of one", ["formats"], "webp", ["webp"]],
    ["a list with objects", ["sizes"], '["1w",{"size":"2w","name":"b"}]', ["1w", { size: "2w", name: "b" }]],
    ["an empty list", ["formats"], "[]", []],
    ["a number", ["port"], "8080", 8080],
    ["a number with spaces", ["port"], " 8080 ", 8080],
    ["zero", ["port"], "0", 0],
    ["a negative number, which the schema rejects", ["limits", "queue"], "-1", -1],
    ["a fraction, which the schema rejects", ["limits", "pixels"], "1.5", 1.5],
    ["one quality", ["quality"], "80", 80],
    ["qualities", ["quality"], "jpeg=80,webp=75", { jpeg: 80, webp: 75 }],
    ["qualities with spaces", ["quality"], "jpeg=80, webp=75", { jpeg: 80, webp: 75 }],
    ["a quality that is not a number", ["quality"], "jpeg=high", { jpeg: "high" }],
    ["a boolean", ["watch"], "true", true],
    ["a boolean in upper case", ["watch"], "TRUE", true],
    ["a boolean as a number", ["watch"], "1", true],
    ["a boolean as no", ["watch"], "no", false],
    ["a boolean as 0", ["watch"], "0", false],
  ])("parseSetting parses %s", (_, path, text, value) => {
    expect(parseSetting(settingOf(...path), text)).toEqual(value)
  })

  it.each<[string, readonly string[], string]>([
    ["a number", ["port"], "eighty"],
    ["a number, empty", ["port"], ""],
    ["a number, blank", ["port"], " "],
    ["a number, endless", ["port"], "Infinity"],
    ["a number with a unit", ["limits", "bytes"], "10MB"],
    ["a quality", ["quality"], "high"],
    ["a list that is not JSON", ["sizes"], "[1w"],
    ["a quality with a format twice", ["quality"], "jpeg=80,jpeg=70"],
    ["a boolean", ["watch"], "maybe"],
    ["a boolean that is a property of every object", ["watch"], "constructor"],
  ])("parseSetting returns text that does not parse unchanged: %s", (_, path, text) => {
    expect(parseSetting(settingOf(...path), text)).toBe(text)
  })

  it("parseSetting parses every number and every list of words", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.stringMatching(/^[a-z0-9]+$/), { minLength: 1 }), (number, list) => {
        expect(parseSetting(settingOf("port"), String(number))).toBe(number)
        expect(parseSetting(settingOf("sizes"), list.join(","))).toEqual(list)
      }),
    )
  })

  it("parseSetting parses text for a boolean, or returns it unchanged", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([true, false, text]).toContain(parseSetting(settingOf("watch"), text))
      }),
    )
  })
})

describe("optionsFrom", () => {
  it("optionsFrom leaves out settings without a text", () => {
    expect(optionsFrom(() => undefined)).toEqual({})
  })

  it("optionsFrom puts values at the path of their setting", () => {
    const texts: Readonly<Record<string, string>> = {
      originals: "photos",
      sizes: "360x270,480h",
      "retired-sizes": "640w",
      "retired-formats": "png",
      "deadline-ms": "1000",
      queue: "5",
      quality: "avif=50",
      watch: "true",
    }
    expect(optionsFrom((setting) => texts[flagOf(setting)])).toEqual({
      originals: "photos",
      sizes: ["360x270", "480h"],
      retired: { sizes: ["640w"], formats: ["png"] },
      limits: { deadlineMs: 1000, queue: 5 },
      quality: { avif: 50 },
      watch: true,
    })
  })
})

describe("variablesFrom", () => {
  it("variablesFrom writes variables that optionsFrom parses back, and none for settings that are not set", () => {
    const options = {
      originals: "s3://shop-photos",
      sizes: ["360x270", { size: "480h", name: "thumb", gravity: "north" }],
      formats: [],
      unknownSize: "snap",
      retired: { sizes: ["640w", "1w"] },
      sharedStore: false,
      quality: { avif: 50, webp: 70 },
      background: "#ffffff",
      limits: { deadlineMs: 25_000 },
    }
    const variables = variablesFrom({ ...options, watch: undefined, basePath: undefined })
    expect(Object.keys(variables)).toHaveLength(9)
    expect(variables["IMGTAILOR_RETIRED_SIZES"]).toBe("640w,1w")
    expect(optionsFrom((setting) => variables[variableOf(setting)])).toEqual(options)
  })
})
