namespace Handoff.Cli.Tests;

public class CommandLineTests
{
    [Fact]
    public void Alone_it_shows_what_to_do_next()
    {
        var run = Run.Of();
        Assert.Equal(ExitCode.AsExpected, run.Code);
        Assert.Contains("handoff check TEST.litmus", run.Out, StringComparison.Ordinal);
        Assert.InRange(run.Out.Count(sign => sign == '\n'), 5, 23);
        Assert.Contains("handoff --help", run.Out, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public void Help_lists_every_verb_and_every_exit_code()
    {
        var run = Run.Of("--help");
        Assert.Equal(ExitCode.AsExpected, run.Code);
        foreach (var verb in Verbs.VerbList.Create())
            Assert.Contains($"  {verb.Name} ", run.Out, StringComparison.Ordinal);
        foreach (var code in Enum.GetValues<ExitCode>().Where(code => code != ExitCode.Internal))
            Assert.Contains($" {(int)code} ", run.Out.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.InRange(run.Out.Count(sign => sign == '\n'), 10, 23);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(200)]
    public void Help_keeps_within_the_terminal(int width)
    {
        foreach (string[] line in Verbs.VerbList.Create().Select(verb => new[] { verb.Name, "--help" }).Prepend(["--help"]).Prepend([]))
        {
            var run = Run.Of(new Run.Settings(Width: width), line);
            foreach (string text in run.Out.Split('\n').Where(text => !text.StartsWith("  handoff ", StringComparison.Ordinal) && !text.StartsWith("  # ", StringComparison.Ordinal)))
                Assert.True(text.Length <= width, text);
        }
    }

    [Fact]
    public void Each_verbs_help_fits_a_screen_and_has_two_examples()
    {
        foreach (var verb in Verbs.VerbList.Create())
        {
            Assert.True(verb.Examples.Count >= 2, verb.Name);
            var run = Run.Of(verb.Name, "--help");
            Assert.Equal(ExitCode.AsExpected, run.Code);
            Assert.InRange(run.Out.Count(sign => sign == '\n'), 5, 23); // a terminal of 24 lines, with the next prompt
            foreach (var example in verb.Examples.Take(2))
                Assert.Contains("handoff " + example.Line, run.Out, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("chekc", "unknown verb 'chekc'")]
    [InlineData("--verison", "unknown option '--verison'", "did you mean '--version'?")]
    [InlineData("frobnicate", "unknown verb 'frobnicate'", "see handoff --help")]
    public void Typos_get_suggestions(string word, string message, string? hint = null)
    {
        var run = Run.Of(word);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Empty(run.Out);
        Assert.StartsWith($"handoff: {message}\n", run.Error, StringComparison.Ordinal);
        if (hint is not null)
            Assert.Contains(hint, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void No_colours_unless_asked_for()
    {
        Assert.DoesNotContain('\e', Run.Of("--help").Out);
        Assert.Contains('\e', Run.Of(new Run.Settings(Colour: true), "--help").Out);
        Assert.DoesNotContain('\e', Run.Of(new Run.Settings(Colour: true), "kernels", "--plain").Out);
        Assert.Contains('\e', Run.Of(new Run.Settings(Colour: true), "kernels").Out);
    }
}
