using System.Text.RegularExpressions;

namespace Handoff.Readme.Tests;

/// <summary>Every <c>```csharp</c> block of the pages is a piece of a sample that runs as a test, word for word.</summary>
public sealed partial class SampleTests
{
    [Fact]
    public void Every_block_of_code_is_a_sample_that_runs()
    {
        var samples = Samples();
        var shown = CodeBlock.All("csharp").ToList();
        Assert.NotEmpty(shown);
        foreach (var block in shown)
        {
            var match = SampleMark().Match(block.Mark);
            Assert.True(match.Success, $"{block}: a comment <!-- sample: name --> above the block names the sample that runs it");
            Assert.True(samples.TryGetValue(match.Groups[1].Value, out string? sample), $"{block}: there is no sample '{match.Groups[1].Value}'");
            Assert.Equal(sample, block.Text);
        }

        var used = shown.Select(block => SampleMark().Match(block.Mark).Groups[1].Value).ToHashSet();
        Assert.Empty(samples.Keys.Except(used));
    }

    /// <summary>What stands between <c>// sample: name</c> and <c>// end</c>, without the common indent.</summary>
    private static Dictionary<string, string> Samples()
    {
        var samples = new Dictionary<string, string>();
        string directory = Path.Combine("tests", "Handoff.Readme.Tests", "Samples");
        foreach (string path in Directory.GetFiles(Path.Combine(Repository.Root, directory), "*.cs"))
        {
            string[] lines = Repository.Read(path).Split('\n');
            for (int at = 0; at < lines.Length; at++)
            {
                if (SampleStart().Match(lines[at]) is not { Success: true } start)
                    continue;
                int end = Array.FindIndex(lines, at, line => line.Trim() == "// end");
                Assert.True(end > at, $"{path}:{at + 1}: the sample has no end");
                string[] body = lines[(at + 1)..end];
                int indent = body.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
                Assert.True(samples.TryAdd(start.Groups[1].Value, string.Concat(body.Select(line => (line.Length > indent ? line[indent..] : "") + "\n"))), $"{path}:{at + 1}: twice");
            }
        }

        return samples;
    }

    [GeneratedRegex("^sample: ([a-z-]+)$")]
    private static partial Regex SampleMark();

    [GeneratedRegex(@"^\s*// sample: ([a-z-]+)$")]
    private static partial Regex SampleStart();
}
