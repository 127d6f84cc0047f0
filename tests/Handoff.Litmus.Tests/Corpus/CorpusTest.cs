using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Tests.Checking;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>A shipped litmus test.</summary>
/// <param name="Family">Its directory in <c>litmus/</c>.</param>
/// <param name="Name">Its file's name without the ending.</param>
/// <param name="Text">The file.</param>
/// <param name="Test">What it says.</param>
internal sealed record CorpusTest(string Family, string Name, string Text, LitmusTest Test)
{
    /// <summary>Made by a program, in sizes that nobody argues one by one; their README argues for all.</summary>
    public const string GeneratedFamily = "stress";

    /// <summary>All shipped tests, by family and name.</summary>
    public static IReadOnlyList<CorpusTest> All { get; } = Read();

    /// <summary>Where families are.</summary>
    public static string Directory => Path.Combine(ShippedTests.Root, "litmus");

    /// <summary>Whether a program made it.</summary>
    public bool IsGenerated => Family == GeneratedFamily;

    /// <summary>The kernels under which it is checked: every release, variant and add-on, and what its expectations name beyond these.</summary>
    /// <remarks>Generated tests make no DMA calls, so one kernel stands for all.</remarks>
    public IEnumerable<KernelProfile> Kernels
    {
        get
        {
            if (IsGenerated)
                return [KernelProfiles.Default];
            IEnumerable<string> named = Test.Expectations.SelectMany(e => e.Kernels).Where(k => k.From is not null && k.To is null)
                .Select(k => k.From!.Text + string.Concat(k.AddOns.Select(a => "+" + a.Text)));
            return KernelProfiles.All.Concat(Parse(KernelProfiles.AddOns.Select(a => a.Name).Concat(named))).DistinctBy(k => k.Name);
        }
    }

    public override string ToString() => $"{Family}/{Name}";

    private static IEnumerable<KernelProfile> Parse(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            ParsedKernels parsed = KernelProfiles.Parse(name);
            Assert.True(parsed.Succeeded, parsed.Error);
            yield return parsed.Profiles[0];
        }
    }

    private static List<CorpusTest> Read()
    {
        var tests = new List<CorpusTest>();
        foreach (string file in System.IO.Directory.EnumerateFiles(Directory, "*.litmus", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string text = File.ReadAllText(file);
            ParseResult parsed = LitmusParser.Parse(text, Path.GetRelativePath(Directory, file));
            Assert.True(parsed.Success, DiagnosticWriter.Format(parsed));
            tests.Add(new CorpusTest(Path.GetFileName(Path.GetDirectoryName(file)!), Path.GetFileNameWithoutExtension(file), text, parsed.Test!));
        }

        return tests;
    }
}
