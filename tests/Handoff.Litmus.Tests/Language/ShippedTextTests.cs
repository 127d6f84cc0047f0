using System.Text.Json;
using System.Text.RegularExpressions;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Language;

public sealed class ShippedTextTests
{
    [Fact]
    public void EveryExampleOfTheReferenceIsReadAndDoesWhatItSays()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Language", "litmus-language.md"));
        MatchCollection blocks = Regex.Matches(page, "```litmus\n(?<test>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture);
        Assert.True(blocks.Count >= 5);
        foreach (Match block in blocks)
        {
            ParseResult result = LitmusParser.Parse(block.Groups["test"].Value, "docs/litmus-language.md");
            Assert.True(result.Success, DiagnosticWriter.Format(result));
            CheckResult check = LitmusChecker.Check(result.Test!, Kernels.KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
            Assert.True(check.AsExpected, $"{result.Test!.Title.Value}: {string.Join("; ", check.Mismatches)}");
        }
    }

    [Fact]
    public void TheReferenceNamesEveryFunctionFamilyAndDiagnostic()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Language", "litmus-language.md"));
        foreach (System.Reflection.FieldInfo id in typeof(DiagnosticIds).GetFields())
            Assert.Contains((string)id.GetRawConstantValue()!, page, StringComparison.Ordinal);
        foreach (BufferKind kind in Enum.GetValues<BufferKind>())
            Assert.Contains(kind.ToString().ToLowerInvariant() + "(", page, StringComparison.Ordinal);
    }

    [Fact]
    public void TheGrammarIsJsonAndKnowsEveryFunction()
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Language", "handoff-litmus.tmLanguage.json"));
        using JsonDocument grammar = JsonDocument.Parse(text);
        string functions = grammar.RootElement.GetProperty("patterns").EnumerateArray()
            .Single(p => p.TryGetProperty("name", out JsonElement name) && name.GetString() == "support.function.handoff-litmus").GetProperty("match").GetString()!;
        foreach (ApiSignature signature in ApiSignature.All)
            Assert.Matches(functions, signature.Name + "(");
    }

    [Fact]
    public void EveryTestOfTheCorpusIsReadAndSaysWhatItExpects()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "litmus");
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.litmus", SearchOption.AllDirectories) : [];
        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            ParseResult result = LitmusParser.Parse(File.ReadAllText(file), Path.GetRelativePath(folder, file));
            Assert.True(result.Success, DiagnosticWriter.Format(result));
            Assert.False(result.Test!.Expectations.IsEmpty, file);
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(file)!, "README.md")), file);
        }
    }
}
