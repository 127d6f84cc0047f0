using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Handoff.Core.Tests.Ownership;

namespace Handoff.Core.Tests.Documentation;

/// <summary>The index from kernel functions to members, made from the members' own documentation.</summary>
public sealed partial class KernelFunctionsTests
{
    /// <summary>Set HANDOFF_BLESS to write the page anew.</summary>
    [Fact]
    public void ThePageIsCurrent() => FindingRulesTests.Page("kernel-functions.md", Markdown());

    [Theory]
    [InlineData("dma_map_sgtable", "DmaLayer.MapSgTable")]
    [InlineData("dma_set_mask_and_coherent", "DmaLayer.SetMaskAndCoherent")]
    [InlineData("swiotlb_find_pool", "DmaLayer.IsBounced")]
    [InlineData("dma_buf_attach", "DmaBuf.Attach")]
    public void WellKnownFunctionsAreFound(string function, string member) =>
        Assert.Contains(Index()[function], found => found.StartsWith(member, StringComparison.Ordinal));

    /// <summary>The calls that drivers make: a streaming or coherent call without its kernel name is a gap in the documentation.</summary>
    [Fact]
    public void EveryCallOfTheLayerNamesItsFunction()
    {
        string[] own = ["AllocatorOf", "ReasonToBounce", "AdoptBounce"];
        HashSet<string> named = [.. Index().Values.SelectMany(static members => members)];
        string[] missing = [.. typeof(DmaLayer<>).GetMethods(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.DeclaredOnly)
            .Where(static m => !m.IsSpecialName)
            .Select(static m => m.Name)
            .Where(name => !own.Contains(name) && !named.Contains("DmaLayer." + name))
            .Distinct()];
        Assert.Empty(missing);
    }

    private static string Markdown()
    {
        var text = new StringBuilder("""
            # Kernel functions and where they are here

            Made from the documentation of the public members. A member that mirrors a function decides as that function does; a type may mirror
            several.

            | kernel | here |
            |---|---|

            """);
        foreach ((string function, SortedSet<string> members) in Index())
            text.Append(CultureInfo.InvariantCulture, $"| `{function}()` | {string.Join(", ", members.Select(static m => $"`{m}`"))} |\n");
        return text.ToString();
    }

    private static SortedDictionary<string, SortedSet<string>> Index()
    {
        Dictionary<string, Type> types = typeof(Machine).Assembly.GetExportedTypes().ToDictionary(static t => t.FullName!.Replace('+', '.'));
        var index = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (XElement member in XDocument.Load(Path.Combine(AppContext.BaseDirectory, "Handoff.Core.xml")).Descendants("member"))
        {
            string id = (string)member.Attribute("name")!;
            string name = id[2..].Split('(')[0];
            string type = id[0] == 'T' ? name : name[..name.LastIndexOf('.')];
            if (!types.TryGetValue(type, out Type? found) || (id[0] != 'T' && !IsPublic(found, name[(name.LastIndexOf('.') + 1)..])))
                continue;
            string shown = Shown(found.Name) + (id[0] == 'T' ? "" : "." + name[(name.LastIndexOf('.') + 1)..].Split('`')[0]);
            string documentation = string.Concat(member.Elements().Where(static e => e.Name.LocalName is "summary" or "remarks" or "returns").Select(static e => e.ToString()));
            foreach (Match match in Function().Matches(documentation))
            {
                if (!index.TryGetValue(match.Groups[1].Value, out SortedSet<string>? members))
                    index.Add(match.Groups[1].Value, members = new SortedSet<string>(StringComparer.Ordinal));
                members.Add(shown);
            }
        }

        return index;
    }

    private static bool IsPublic(Type type, string member) => type.GetMember(member.Split('`')[0]).Length > 0;

    private static string Shown(string type) => type.Split('`')[0];

    [GeneratedRegex(@"<c>(_*[a-z][a-z0-9_]*)\(\)</c>")]
    private static partial Regex Function();
}
