export const unpic = { name: "unpic", title: "unpic", node: 20, package: "@unpic/react", cannot: () => undefined }
