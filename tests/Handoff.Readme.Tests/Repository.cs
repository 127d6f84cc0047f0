namespace Handoff.Readme.Tests;

/// <summary>The sources that the tests read.</summary>
internal static class Repository
{
    /// <summary>The directory with the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every page that readers see, relative to the root.</summary>
    public static IReadOnlyList<string> Pages { get; } = FindPages();

    /// <summary>Reads a file of the repository.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Handoff.slnx")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("no Handoff.slnx above the test program");
    }

    private static List<string> FindPages()
    {
        string[] places = ["docs", "litmus", "src", "bench"];
        var pages = Directory.GetFiles(Root, "*.md").Concat(places.Select(place => Path.Combine(Root, place)).Where(Directory.Exists)
            .SelectMany(place => Directory.GetFiles(place, "*.md", SearchOption.AllDirectories)))
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "node_modules"));
        return [.. pages.Order(StringComparer.Ordinal)];
    }
}
