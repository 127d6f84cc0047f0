using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Language;

public sealed class ExpectationTests
{
    private static readonly MachineVariant s_bounced = new(Coherent: false, NeedsBounce: true, ForceBounce: false, Line: 64);
    private static readonly MachineVariant s_direct = new(Coherent: true, NeedsBounce: false, ForceBounce: false, Line: 128);

    private static string? Found(string lines, string kernel, MachineVariant variant)
    {
        ParseResult result = LitmusParser.Parse($"litmus \"t\"\n{lines}");
        Assert.True(result.Success, DiagnosticWriter.Format(result));
        return ExpectationResolver.Find(result.Test!, kernel, variant) is { } found ? LitmusPrinter.Expectation(found) : null;
    }

    [Theory]
    [InlineData("linux-6.12", "expect leak on linux-6.12;")]
    [InlineData("linux-6.12+no-bounce", "expect fails -EIO on +no-bounce;")]
    [InlineData("linux-6.8", "expect stale on linux-6.5..linux-6.12;")]
    [InlineData("linux-6.12.117", "expect stale on linux-6.5..linux-6.12;")]
    [InlineData("linux-6.4", "expect ok;")]
    [InlineData("linux-6.13", "expect ok;")]
    [InlineData("android-6.8", "expect ok;")]
    [InlineData("linux-6.8+mercier", "expect ok;")]
    public void TheMostSpecificKernelWins(string kernel, string line) =>
        Assert.Equal(line, Found("expect leak on linux-6.12; expect fails -EIO on +no-bounce; expect stale on linux-6.5..linux-6.12; expect ok;", kernel, s_direct));

    [Theory]
    [InlineData("linux-5.17-rc6", true)]
    [InlineData("linux-5.17", true)]
    [InlineData("linux-5.17.3", true)]
    [InlineData("linux-5.16-rc1", false)]
    [InlineData("linux-5.18-rc1", false)]
    [InlineData("linux-5.18", false)]
    public void CandidatesPrecedeTheirRelease(string kernel, bool within) =>
        Assert.Equal(within, Found("expect leak on linux-5.16..linux-5.17;", kernel, s_direct) is not null);

    [Fact]
    public void MoreConditionsWinAndThenTheLast()
    {
        const string lines = "expect lost when noncoherent and bounced; expect stale when noncoherent; expect ok; expect contract;";
        Assert.Equal("expect lost when noncoherent and bounced;", Found(lines, "linux-6.12", s_bounced));
        Assert.Equal("expect stale when noncoherent;", Found(lines, "linux-6.12", s_bounced with { NeedsBounce = false }));
        Assert.Equal("expect contract;", Found(lines, "linux-6.12", s_direct));
    }

    [Fact]
    public void NothingAppliesWhereNothingWasSaid() => Assert.Null(Found("expect leak on linux-6.12;", "linux-6.18", s_direct));
}
