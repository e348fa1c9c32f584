/** The table of settings: complete, without two settings of one name, and with texts read as what they say. */
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
  it("has every setting that the schema knows, and no other", () => {
    const checked = checkOptions({ originals: "photos", sizes: ["1w"], zzzzzzzzzzzzzzzz: 1 })
    const known =
      "problems" in checked ? /Known here: (.*)\.$/.exec(checked.problems.join(""))?.[1]?.split(", ") : undefined
    expect(new Set(SETTINGS.map(({ path: [first] }) => first))).toEqual(new Set(known))
    const limits = SETTINGS.filter(({ path: [first] }) => first === "limits").map(({ path: [, name] }) => name)
    expect(limits).toEqual(LIMIT_NAMES)
  })

  it("has for each a flag, a variable and a sentence of its own", () => {
    for (const of of [flagOf, variableOf, ({ description }: Setting) => description]) {
      expect(new Set(SETTINGS.map(of)).size).toBe(SETTINGS.length)
    }
    expect(SETTINGS.filter(({ description }) => !/^[A-Z0-9`].*\.$/.test(description))).toEqual([])
  })

  it("names flags and variables after the settings", () => {
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
    ["a list of more than words", ["sizes"], '["1w",{"size":"2w","name":"b"}]', ["1w", { size: "2w", name: "b" }]],
    ["a list of nothing", ["formats"], "[]", []],
    ["a number", ["port"], "8080", 8080],
    ["a number with spaces", ["port"], " 8080 ", 8080],
    ["zero", ["port"], "0", 0],
    ["a negative number, for the schema to refuse", ["limits", "queue"], "-1", -1],
    ["a fraction, for the schema to refuse", ["limits", "pixels"], "1.5", 1.5],
    ["one quality", ["quality"], "80", 80],
    ["qualities", ["quality"], "jpeg=80,webp=75", { jpeg: 80, webp: 75 }],
    ["qualities with spaces", ["quality"], "jpeg=80, webp=75", { jpeg: 80, webp: 75 }],
    ["a quality that is no number", ["quality"], "jpeg=high", { jpeg: "high" }],
    ["a switch", ["watch"], "true", true],
    ["a switch in upper case", ["watch"], "TRUE", true],
    ["a switch as a number", ["watch"], "1", true],
    ["a switch in words", ["watch"], "no", false],
    ["a switch that is off", ["watch"], "0", false],
  ])("reads %s", (_, path, text, value) => {
    expect(parseSetting(settingOf(...path), text)).toEqual(value)
  })

  it.each<[string, readonly string[], string]>([
    ["a number", ["port"], "eighty"],
    ["a number, empty", ["port"], ""],
    ["a number, blank", ["port"], " "],
    ["a number, endless", ["port"], "Infinity"],
    ["a number with a unit", ["limits", "bytes"], "10MB"],
    ["a quality", ["quality"], "high"],
    ["a list that is no JSON", ["sizes"], "[1w"],
    ["a switch", ["watch"], "maybe"],
    ["a switch, by the name of what every object has", ["watch"], "constructor"],
  ])("leaves as it is what is no such thing, so that it is refused by its name: %s", (_, path, text) => {
    expect(parseSetting(settingOf(...path), text)).toBe(text)
  })

  it("reads back every number and every list that can be written", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.stringMatching(/^[a-z0-9]+$/), { minLength: 1 }), (number, list) => {
        expect(parseSetting(settingOf("port"), String(number))).toBe(number)
        expect(parseSetting(settingOf("sizes"), list.join(","))).toEqual(list)
      }),
    )
  })

  it("makes of every text for a switch a switch, or leaves it", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([true, false, text]).toContain(parseSetting(settingOf("watch"), text))
      }),
    )
  })
})

describe("optionsFrom", () => {
  it("leaves out what is not given", () => {
    expect(optionsFrom(() => undefined)).toEqual({})
  })

  it("puts every value where it belongs", () => {
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
  it("writes what optionsFrom reads back, and nothing for what is not given", () => {
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
