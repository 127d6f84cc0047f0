using System.Text;
using System.Text.RegularExpressions;

namespace Handoff.Cli.Tests;

/// <summary>
/// What <c>check --herd</c> says of every shipped test, kept in one file a family, and the tables of verdicts on the families' pages. With
/// HANDOFF_BLESS=1 both are written anew.
/// </summary>
/// <remarks>
/// One file a family, because a change of the engine then shows as one difference to read, family by family, and because a test's own
/// <c>expect</c> lines stand in its file already; what these files add is on how many machines, and every milder verdict.
/// </remarks>
public sealed partial class GoldenVerdictTests
{
    private const string Kernels = "linux-4.9,linux-6.12,linux-7.2";

    private static string Root { get; } = FindRoot();

    private static bool Blesses => Environment.GetEnvironmentVariable("HANDOFF_BLESS") is { Length: > 0 };

    public static TheoryData<string> Families =>
        [.. Directory.GetDirectories(Path.Combine(Root, "litmus")).Select(Path.GetFileName).Where(name => name != "stress").Order(StringComparer.Ordinal).Select(name => name!)];

    public static TheoryData<string> PagesWithTables =>
        [.. Directory.GetFiles(Path.Combine(Root, "litmus"), "README.md", SearchOption.AllDirectories).Where(page => Table().IsMatch(File.ReadAllText(page)))
            .Select(page => Path.GetRelativePath(Root, page)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Families))]
    public void Verdict_blocks_are_those_of_the_file(string family)
    {
        string folder = Path.Combine(Root, "litmus", family), file = Path.Combine(folder, $"{family}.litmus.expected");
        var run = Run.Of("check", folder, "--herd", "--kernel", Kernels);
        string blocks = TimeLine().Replace(run.Out, "");
        int tests = Directory.GetFiles(folder, "*.litmus").Length;
        Assert.Equal(3 * tests, Regex.Count(blocks, "^Observation ", RegexOptions.Multiline));
        if (Blesses)
            File.WriteAllText(file, blocks);
        Assert.True(File.Exists(file), $"{file} is missing; HANDOFF_BLESS=1 ./test Cli writes it");
        Assert.True(File.ReadAllText(file) == blocks, Difference(File.ReadAllText(file), blocks));
    }

    [Fact]
    public void There_are_tables() => Assert.Contains("litmus/thread/README.md", PagesWithTables.Select(row => row.Data));

    [Theory]
    [MemberData(nameof(PagesWithTables))]
    public void Tables_of_verdicts_are_true(string page)
    {
        string text = File.ReadAllText(Path.Combine(Root, page));
        string real = Table().Replace(text, table => $"{table.Groups["begin"].Value}\n{Make(Path.GetDirectoryName(page)!, table.Groups["kernels"].Value)}{table.Groups["end"].Value}");
        if (Blesses)
            File.WriteAllText(Path.Combine(Root, page), real);
        else
            Assert.True(text == real, Difference(text, real));
    }

    private static string Make(string folder, string kernels)
    {
        using var json = System.Text.Json.JsonDocument.Parse(Run.Of("check", Path.Combine(Root, folder), "--json", "--kernel", kernels).Out);
        var table = new StringBuilder();
        string[] names = [.. json.RootElement.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("name").GetString()!.Replace("linux-6.12+", "+", StringComparison.Ordinal))];
        table.Append($"| test | {string.Join(" | ", names)} |\n|---|{string.Concat(names.Select(_ => "---|"))}\n");
        foreach (var test in json.RootElement.GetProperty("tests").EnumerateArray().OrderBy(test => test.GetProperty("name").GetString(), StringComparer.Ordinal))
        {
            string name = test.GetProperty("name").GetString()!;
            table.Append($"| [{name}]({name}.litmus): {test.GetProperty("title").GetString()} |");
            foreach (var result in test.GetProperty("results").EnumerateArray())
            {
                string verdict = result.GetProperty("verdict").GetString()!;
                string[] errors = [.. result.GetProperty("verdicts").EnumerateArray().Where(v => v.TryGetProperty("errors", out _)).SelectMany(v => v.GetProperty("errors").EnumerateArray().Select(e => e.GetString()!))];
                table.Append($" {(verdict == "fails" && errors.Length == 1 ? $"fails {errors[0]}" : verdict)} |");
            }

            table.Append('\n');
        }

        return table.ToString();
    }

    private static string Difference(string has, string real)
    {
        string[] a = has.Split('\n'), b = real.Split('\n');
        int at = 0;
        while (at < a.Length && at < b.Length && a[at] == b[at])
            at++;
        return $"line {at + 1}: the file has '{a.ElementAtOrDefault(at)}', now it is '{b.ElementAtOrDefault(at)}'; if that is right: HANDOFF_BLESS=1 ./test Cli";
    }

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Handoff.slnx")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("no Handoff.slnx above the test program");
    }

    [GeneratedRegex("^Time .*\n", RegexOptions.Multiline)]
    private static partial Regex TimeLine();

    [GeneratedRegex("(?<begin><!-- verdicts: (?<kernels>[^ ]+) -->)\n(?<rows>.*?)(?<end><!-- end of verdicts -->)", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Table();
}
