using System.Text;
using System.Text.Json.Nodes;
using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Tests.Corpus;
using Handoff.Litmus.Witnesses;

namespace Handoff.Litmus.Tests.Checking;

/// <summary>Witnesses survive a file, replay, and are refused when anything in them is not true.</summary>
[Collection(CorpusRuns.Name)]
public sealed class WitnessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void EveryStoryOfTheCorpusReplaysFromItsFile()
    {
        int replayed = 0, ordered = 0;
        var wrong = new List<string>();
        Parallel.ForEach(CorpusTest.All.Where(t => !t.IsGenerated), new ParallelOptions { CancellationToken = Cancellation }, test =>
        {
            CheckResult result = LitmusChecker.Check(test.Test, KernelProfiles.Default, new CheckOptions { Witnesses = true }, Cancellation);
            foreach (VariantResult variant in result.Variants)
            {
                foreach (Story story in variant.Stories)
                {
                    Witness made = Witness.Of(test.Test, new SourceText(test.Text), KernelProfiles.Default, variant.Machine, story);
                    Witness? read = WitnessFile.Read(Bytes(made), out WitnessProblem? problem);
                    if (read is not null)
                    {
                        (Story again, problem) = WitnessReplay.Run(test.Test, KernelProfiles.Default, read);
                        if (problem is null && !again.Steps.Select(s => s.Text).SequenceEqual(story.Steps.Select(s => s.Text)))
                            problem = new WitnessProblem("", 0, "another story");
                    }

                    lock (wrong)
                    {
                        replayed++;
                        ordered += made.Choices.Count > 0 ? 1 : 0;
                        if (problem is not null)
                            wrong.Add($"{test} {variant.Machine} {story.Verdict}: {problem}");
                    }
                }
            }
        });
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {replayed}:\n{string.Join('\n', wrong.Order(StringComparer.Ordinal).Take(20))}");
        Assert.True(replayed > 500, $"{replayed} stories");
        Assert.True(ordered > 5, $"{ordered} stories of threads that call the mapping layer");
    }

    /// <summary>Every single value of the file matters: changed, the witness is refused.</summary>
    [Theory]
    [InlineData("thread/uncached-above-mask")]
    [InlineData("thread/cached-two-attachments")]
    [InlineData("cache/neighbour-written-during-unmap")]
    [InlineData("swiotlb/race-for-the-last-slots")]
    public void NothingInTheFileCanBeChanged(string name)
    {
        (CorpusTest test, Witness made) = Make(name);
        JsonNode whole = JsonNode.Parse(Bytes(made).Span)!;
        int changed = 0;
        foreach (string path in Values(whole, ""))
        {
            JsonNode copy = whole.DeepClone();
            JsonNode value = Find(copy, path);
            string[] harmless = ["/test/title"]; // for readers only
            if (harmless.Contains(path) || path.EndsWith("/line", StringComparison.Ordinal) && path.StartsWith("/steps", StringComparison.Ordinal))
                continue; // a comment more moves lines
            value.ReplaceWith(value.GetValueKind() switch
            {
                System.Text.Json.JsonValueKind.String => JsonValue.Create(value.GetValue<string>() + "x"),
                System.Text.Json.JsonValueKind.Number => JsonValue.Create(value.GetValue<int>() + 1),
                _ => JsonValue.Create(!value.GetValue<bool>()),
            });
            Assert.True(ProblemOf(test, copy) is not null, $"{path} changed, and nobody noticed: {copy}");
            changed++;
        }

        Assert.True(changed > 40, $"{changed} values");
    }

    [Theory]
    [InlineData("thread/uncached-above-mask", WitnessProblem.NoVerdict)]
    [InlineData("thread/cached-two-attachments", WitnessProblem.NoVerdict)]
    public void ShortenedAndReorderedStoriesAreRefused(string name, string shortened)
    {
        (CorpusTest test, Witness made) = Make(name);
        JsonNode whole = JsonNode.Parse(Bytes(made).Span)!;
        JsonNode cut = whole.DeepClone();
        cut["steps"]!.AsArray().RemoveAt(cut["steps"]!.AsArray().Count - 1);
        Assert.Equal(shortened, ProblemOf(test, cut)!.Id);

        JsonNode without = whole.DeepClone();
        without["steps"]!.AsArray().RemoveAt(1);
        WitnessProblem missing = ProblemOf(test, without)!;
        Assert.Equal((WitnessProblem.Differs, 2), (missing.Id, missing.Step));

        JsonNode longer = whole.DeepClone();
        longer["steps"]!.AsArray().Add(longer["steps"]![0]!.DeepClone());
        WitnessProblem more = ProblemOf(test, longer)!;
        Assert.Equal((WitnessProblem.NoVerdict, made.Steps.Count), (more.Id, more.Step));

        JsonNode none = whole.DeepClone();
        none["steps"] = new JsonArray();
        Assert.Equal(WitnessProblem.NoVerdict, ProblemOf(test, none)!.Id);

        JsonNode other = whole.DeepClone();
        other["verdict"] = "wild";
        Assert.Equal(WitnessProblem.NoVerdict, ProblemOf(test, other)!.Id);
    }

    [Fact]
    public void AMoveThatTheCacheCannotMakeIsNotPossible()
    {
        (CorpusTest test, Witness made) = Make("thread/uncached-above-mask");
        JsonNode whole = JsonNode.Parse(Bytes(made).Span)!;
        whole["steps"]!.AsArray().Insert(0, new JsonObject { ["actor"] = "cache", ["text"] = "drops", ["move"] = "drop", ["cacheLine"] = 0, ["memory"] = new JsonArray() });
        WitnessProblem problem = ProblemOf(test, whole)!;
        Assert.Equal((WitnessProblem.NotPossible, 1), (problem.Id, problem.Step));
        Assert.False(problem.IsAboutFile);
    }

    [Fact]
    public void CommentsAndExpectationsMayChangeButNothingElse()
    {
        (CorpusTest test, Witness made) = Make("thread/uncached-above-mask");
        LitmusTest commented = LitmusParser.Parse("// more\n" + test.Text.Replace("expect leak;", "expect ok;", StringComparison.Ordinal)).Test!;
        Assert.Null(WitnessReplay.Run(commented, KernelProfiles.Default, made).Problem);
        LitmusTest other = LitmusParser.Parse(test.Text.Replace("64K", "128K", StringComparison.Ordinal)).Test!;
        WitnessProblem problem = WitnessReplay.Run(other, KernelProfiles.Default, made).Problem!;
        Assert.Equal(WitnessProblem.OtherTest, problem.Id);
        Assert.True(problem.IsAboutFile);
        KernelProfile older = KernelProfiles.Parse("linux-6.4").Profiles[0];
        Assert.Equal(WitnessProblem.OtherKernel, WitnessReplay.Run(test.Test, older, made).Problem!.Id);
        Assert.Equal(WitnessProblem.OtherKernel, WitnessReplay.Run(test.Test, older with { Name = made.Kernel }, made).Problem!.Id);
    }

    [Theory]
    [InlineData("", "no JSON")]
    [InlineData("[", "no JSON")]
    [InlineData("[]", "is no object")]
    [InlineData("{}", "no member 'schema'")]
    [InlineData("{\"schema\":7}", "schema is no text")]
    [InlineData("{\"schema\":\"handoff-check/1\"}", "not a witness")]
    [InlineData("{\"schema\":\"handoff-witness/2\"}", "can be read")]
    [InlineData("{\"schema\":\"handoff-witness/1\"}", "no member 'test'")]
    [InlineData("{\"schema\":\"\\ud800\"}", "no valid Unicode")]
    [InlineData("{\"schema\":\"handoff-witness/1\",\"test\":1,\"kernel\":1,\"machine\":1,\"steps\":[],\"verdict\":\"ok\"}", "'ok' is no verdict")]
    [InlineData("{\"schema\":\"handoff-witness/1\",\"test\":1,\"kernel\":1,\"machine\":1,\"steps\":{},\"verdict\":\"leak\"}", "steps is no list")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "no JSON")]
    public void DamagedFilesAreExplained(string text, string message)
    {
        Assert.Null(WitnessFile.Read(Encoding.UTF8.GetBytes(text), out WitnessProblem? problem));
        Assert.Contains(message, problem!.Message, StringComparison.Ordinal);
        Assert.True(problem.IsAboutFile);
    }

    [Fact]
    public void RandomDamageNeverThrows()
    {
        (CorpusTest test, Witness made) = Make("swiotlb/race-for-the-last-slots");
        byte[] good = Bytes(made).ToArray();
        var random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] bad = [.. good];
            for (int n = random.Next(1, 4); n > 0; n--)
                bad[random.Next(bad.Length)] = (byte)random.Next(32, 127);
            if (WitnessFile.Read(bad, out WitnessProblem? problem) is { } read)
                problem = WitnessReplay.Run(test.Test, KernelProfiles.Default, read).Problem;
            refused += problem is null ? 0 : 1;
        }

        Assert.True(refused > 1200, $"{refused} refused"); // spaces between values, titles and line numbers do not count
    }

    private static (CorpusTest Test, Witness Made) Make(string name)
    {
        CorpusTest test = CorpusTest.All.First(t => t.ToString() == name);
        CheckResult result = LitmusChecker.Check(test.Test, KernelProfiles.Default, new CheckOptions { Witnesses = true }, Cancellation);
        VariantResult variant = result.Variants.First(v => v.Stories.Count > 0);
        return (test, Witness.Of(test.Test, new SourceText(test.Text), KernelProfiles.Default, variant.Machine, variant.Stories[0]));
    }

    private static WitnessProblem? ProblemOf(CorpusTest test, JsonNode file)
    {
        if (WitnessFile.Read(Encoding.UTF8.GetBytes(file.ToJsonString()), out WitnessProblem? problem) is not { } witness)
            return problem;
        ParsedKernels kernel = KernelProfiles.Parse(witness.Kernel);
        return kernel.Succeeded ? WitnessReplay.Run(test.Test, kernel.Profiles[0], witness).Problem : new WitnessProblem(WitnessProblem.OtherKernel, 0, "unknown");
    }

    private static ReadOnlyMemory<byte> Bytes(Witness witness)
    {
        using var stream = new MemoryStream();
        WitnessFile.Write(witness, stream);
        return stream.ToArray();
    }

    private static IEnumerable<string> Values(JsonNode node, string path) => node switch
    {
        JsonObject o => o.SelectMany(m => Values(m.Value!, $"{path}/{m.Key}")),
        JsonArray a => a.SelectMany((v, i) => Values(v!, $"{path}/{i}")),
        _ => [path],
    };

    private static JsonNode Find(JsonNode node, string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(node, (at, key) => at is JsonArray a ? a[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)]! : at[key]!);
}
