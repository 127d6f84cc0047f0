namespace Handoff.Cli.Tests.Formats;

/// <summary><c>handoff check --format ktap</c> and <c>--format tap</c>, read back by a parser of their own.</summary>
public sealed class KtapTests : IDisposable
{
    private readonly LitmusFolder _folder = new();

    [Theory]
    [InlineData("ktap")]
    [InlineData("tap")]
    public void Every_test_and_kernel_is_a_result(string format)
    {
        var run = Run.Of("check", _folder.Path, "--kernel", "linux-6.4,linux-6.12", "--format", format);
        Assert.Equal(ExitCode.BadInput, run.Code);
        var results = KtapParser.Parse(run.Out);
        Assert.Equal([(false, "differs"), (true, "good"), (false, "missing-verdict"), (false, "broken")], results.Select(each => (each.Ok, each.Name)));
        Assert.Equal([(true, "linux-6.4"), (false, "linux-6.12")], results[2].Nested.Select(each => (each.Ok, each.Name)));
        Assert.Contains("expected stale, found never", results[2].Nested[1].Diagnostics);
        Assert.Empty(results[2].Nested[0].Diagnostics);
        Assert.Contains($"{_folder.In("differs.litmus")}:7:1: the CPU reads b while d owns it", results[0].Nested[0].Diagnostics);
        Assert.Contains($"handoff explain {_folder.In("differs.litmus")} --kernel linux-6.4", results[0].Nested[0].Diagnostics);
        Assert.Contains($"{_folder.In("broken.litmus")}:2:12: HL0005: 'dma_maks' is not a device item", results[3].Diagnostics);
        Assert.Empty(results[3].Nested);
        Assert.EndsWith("# Totals: pass:3 fail:3 xfail:0 xpass:0 skip:0 error:1\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_it_advises_works()
    {
        var results = KtapParser.Parse(Run.Of("check", _folder.In("differs.litmus"), "--format", "ktap").Out);
        string advice = results[0].Nested[0].Diagnostics[^1];
        var run = Run.Of(advice.Split(' ')[1..]);
        Assert.Equal(ExitCode.Differs, run.Code);
        Assert.Contains("✗", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Machines_that_nothing_is_left_of_are_skipped()
    {
        File.WriteAllText(_folder.In("good.litmus"), "litmus \"t\"\ndevice d { coherent; }\nbuffer b = page(4K);\nb.write(1);\nexpect ok;\n");
        var run = Run.Of("check", _folder.In("good.litmus"), "--on", "noncoherent", "--format", "ktap");
        Assert.Equal(ExitCode.AsExpected, run.Code);
        var result = Assert.Single(KtapParser.Parse(run.Out));
        Assert.Equal((true, "SKIP no such machine"), (result.Ok, result.Directive));
        Assert.Equal((true, "SKIP no such machine"), (result.Nested[0].Ok, result.Nested[0].Directive));
    }

    [Fact]
    public void What_is_not_known_is_not_ok()
    {
        var run = Run.Of("check", _folder.In("differs.litmus"), "--max-states", "1", "--format", "ktap");
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        var result = Assert.Single(KtapParser.Parse(run.Out));
        Assert.False(result.Ok);
        Assert.Equal("ERROR inconclusive", result.Nested[0].Directive);
    }

    [Fact]
    public void Signs_of_the_format_in_names_do_no_harm()
    {
        string hostile = _folder.In("a # SKIP \\ b\nnot ok 7.litmus");
        File.Copy(_folder.In("good.litmus"), hostile);
        Assert.Equal("a _ SKIP \\ b?not ok 7", RawNameOf("ktap"));
        Assert.Equal(@"a \# SKIP \\ b?not ok 7", RawNameOf("tap"));

        string RawNameOf(string format)
        {
            string text = Run.Of("check", hostile, "--format", format).Out;
            if (format == "tap")
                KtapParser.Parse(text);
            string line = text.Split('\n').Single(each => each.StartsWith("ok 1 ", StringComparison.Ordinal));
            return line[(format == "tap" ? 7 : 5)..];
        }
    }

    [Fact]
    public void Nothing_but_broken_tests_is_still_a_document()
    {
        var run = Run.Of("check", _folder.In("broken.litmus"), "--format", "ktap");
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Equal((false, "ERROR cannot be used"), (Assert.Single(KtapParser.Parse(run.Out)) is var only ? (only.Ok, only.Directive) : default));
    }

    [Theory]
    [InlineData("KTAP version 1\n1..2\nok 1 a\n")]
    [InlineData("KTAP version 1\n1..1\nok 2 a\n")]
    [InlineData("KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n    not ok 1 b\nok 1 a\n")]
    [InlineData("KTAP version 1\n1..1\n    1..1\n    ok 1 b\nok 1 a\n")]
    [InlineData("1..1\nok 1 a\n")]
    [InlineData("KTAP version 1\n1..1\nok 1 a\nok 2 b\n")]
    [InlineData("KTAP version 1\n1..1\nok 1 a")]
    public void The_parser_can_fail(string text) => Assert.Throws<FormatException>(() => KtapParser.Parse(text));

    public void Dispose() => _folder.Dispose();
}
