using Handoff.Cli.Terminal;

namespace Handoff.Cli.Tests;

/// <summary>What is shown about work that takes long, and to whom.</summary>
public sealed class ProgressTests
{
    [Fact]
    public async Task Somebody_who_looks_sees_a_bar_and_how_long_it_takes()
    {
        string shown = await Show(isTerminal: true, plain: false, TimeSpan.FromSeconds(1.6));
        Assert.Contains("\r\e[K██░░░░░░░░  25 % counted 3 of 12 · about ", shown, StringComparison.Ordinal);
        Assert.EndsWith("\r\e[K", shown, StringComparison.Ordinal); // nothing is left of it
        Assert.All(shown.Split("\r\e[K"), static line => Assert.InRange(line.Length, 0, 59));
    }

    [Theory]
    [InlineData(false, false, 1.6)] // a pipe
    [InlineData(true, true, 1.6)] // --plain
    [InlineData(true, false, 0.3)] // soon done
    public async Task Nobody_else_sees_anything(bool isTerminal, bool plain, double seconds) =>
        Assert.Equal("", await Show(isTerminal, plain, TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "░░░░░░░░░░   0 % ")]
    [InlineData(0.999, "█████████░ 100 % ")]
    [InlineData(1, "██████████ 100 % ")]
    [InlineData(-1, "")]
    [InlineData(double.NaN, "")]
    public void Bars(double part, string bar) => Assert.Equal(bar, ProgressLine.Bar(part));

    private static async Task<string> Show(bool isTerminal, bool plain, TimeSpan time)
    {
        using var error = new StringWriter();
        var session = new Session { Out = TextWriter.Null, Error = error, OpenInput = static () => Stream.Null, ErrorIsTerminal = isTerminal, Width = 60 };
        using (new ProgressLine(plain ? session.AsPlain() : session, static elapsed => $"counted 3 of 12{ProgressLine.Left(elapsed, 0.25)} and more that does not fit into a narrow terminal", part: static () => 0.25))
            await Task.Delay(time, TestContext.Current.CancellationToken);
        return error.ToString();
    }
}
