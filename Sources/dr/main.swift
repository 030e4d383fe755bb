import Commands

await Root.main()
