using System.Text.RegularExpressions;

namespace Handoff.Readme.Tests;

/// <summary>The library guide leaves no public type out.</summary>
public sealed partial class LibraryGuideTests
{
    [Fact]
    public void Every_public_type_is_in_the_guide()
    {
        string guide = Repository.Read("docs/library.md");
        HashSet<string> named = [.. Word().Matches(guide).Select(match => match.Value)];
        string[] missing = [.. typeof(Machine).Assembly.GetExportedTypes()
            .Where(type => !type.IsNested)
            .Select(type => type.Name.Split('`')[0])
            .Distinct()
            .Where(name => !named.Contains(name))
            .Order(StringComparer.Ordinal)];
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();
}
