using CsCheck;
using Handoff.Kernels;

namespace Handoff.Core.Tests.Kernels;

public sealed class KernelProfilesTests
{
    [Fact]
    public void TheDefaultIsTheRecordsOwnDefault()
    {
        Assert.Equal(new KernelSwitches(), KernelProfiles.Default.Switches);
        Assert.Equal("linux-6.12", KernelProfiles.Default.Name);
    }

    [Theory]
    [InlineData("linux-6.12", "linux-6.12")]
    [InlineData("6.12", "linux-6.12")]
    [InlineData("v6.12", "linux-6.12")]
    [InlineData("Linux-6.12.117", "linux-6.12")]
    [InlineData("6.12.0", "linux-6.12.0")]
    [InlineData("v5.10-lts", "linux-5.10")]
    [InlineData("linux-7.3-rc", "linux-7.3-rc")]
    [InlineData("linux-7.3", "linux-7.3-rc")]
    [InlineData("+no-bounce", "linux-6.12+no-bounce")]
    [InlineData("+no_bounce", "linux-6.12+no-bounce")]
    [InlineData("linux-6.4+marinas+dynamic", "linux-6.4+marinas+dynamic")]
    [InlineData(" linux-6.12 , dynamic_pools = yes ", "linux-6.12,dynamic_pools=yes")]
    [InlineData("dynamic-pools=on", "linux-6.12,dynamic_pools=yes")]
    [InlineData("linux-5.10,slot_copy_in_at_map=always,areas=1", "linux-5.10,slot_copy_in_at_map=always,areas=yes")]
    [InlineData("android-uncached", "android-uncached")]
    public void NamesAreRead(string text, string name)
    {
        ParsedKernels parsed = KernelProfiles.Parse(text);
        Assert.Null(parsed.Error);
        Assert.Equal(name, parsed.Profile!.Name);
    }

    [Fact]
    public void EveryListedNameParsesToItself()
    {
        foreach (KernelProfile profile in KernelProfiles.All)
        {
            Assert.Equal(profile, KernelProfiles.Parse(profile.Name).Profile);
            Assert.NotEmpty(profile.Description);
        }

        foreach (KernelAddOn addOn in KernelProfiles.AddOns)
        {
            KernelProfile parsed = KernelProfiles.Parse(addOn.Name).Profile!;
            Assert.Equal(addOn.Apply(new KernelSwitches()), parsed.Switches);
            Assert.Equal(addOn.Name, parsed.ShortName);
        }

        Assert.Equal(KernelProfiles.All.Count(), KernelProfiles.All.Select(p => p.Name).Distinct().Count());
    }

    [Fact]
    public void OverridesSetOneSwitchOnly()
    {
        KernelProfile parsed = KernelProfiles.Parse("linux-6.12,partial_sync=base_only").Profile!;
        Assert.Equal(new KernelSwitches { PartialSync = PartialSync.BaseOnly }, parsed.Switches);
    }

    [Fact]
    public void ListsKeepOrderAndSwitchesBindToTheKernelBefore()
    {
        ParsedKernels parsed = KernelProfiles.ParseList("linux-6.4,linux-6.12,areas=no,+mercier");
        Assert.Equal(["linux-6.4", "linux-6.12,areas=no", "linux-6.12+mercier"], parsed.Profiles.Select(p => p.Name));
        Assert.True(parsed.Profiles[0].Switches.Areas);
        Assert.False(parsed.Profiles[1].Switches.Areas);
    }

    [Fact]
    public void RangesAreInclusiveAndTakeAddOnsAndSwitches()
    {
        Assert.Equal(
            ["linux-6.5", "linux-6.6", "linux-6.7", "linux-6.8", "linux-6.9", "linux-6.10", "linux-6.12.0", "linux-6.12"],
            KernelProfiles.ParseList("linux-6.5..linux-6.12").Profiles.Select(p => p.Name));
        Assert.Equal(
            ["linux-5.10", "linux-6.8+marinas,areas=no", "linux-6.9+marinas,areas=no"],
            KernelProfiles.ParseList("linux-5.10,6.8..6.9+marinas,areas=no").Profiles.Select(p => p.Name));
        Assert.NotNull(KernelProfiles.Parse("linux-6.5..linux-6.12").Error);
    }

    [Theory]
    [InlineData("linux-6.21", "linux-6.18")]
    [InlineData("linux-6.3", "linux-6.1")]
    [InlineData("linux-6.11", "linux-6.10")]
    [InlineData("linux-6.12.99", "linux-6.12")]
    [InlineData("linux-2.6", "linux-4.9")]
    [InlineData("linux-9.0", "linux-7.3-rc")]
    [InlineData("lunux-6.12", "linux-6.12")]
    [InlineData("+nobounce", "+no-bounce")]
    [InlineData("linux-6.12+marina", "+marinas")]
    [InlineData("linux-6.12,dynamic_pool=yes", "dynamic_pools")]
    [InlineData("linux-6.12,areas=8", "no, yes")]
    [InlineData("linux-6.12..linux-6.5", "linux-6.5..linux-6.12")]
    [InlineData("..linux-6.5", "both ends")]
    [InlineData("android-uncached..linux-6.12", "release")]
    [InlineData("", "empty")]
    [InlineData("linux-6.12,,+marinas", "empty")]
    public void ErrorsNameTheNearest(string text, string part)
    {
        ParsedKernels parsed = KernelProfiles.ParseList(text);
        Assert.False(parsed.Succeeded);
        Assert.Empty(parsed.Profiles);
        Assert.Contains(part, parsed.Error, StringComparison.Ordinal);
    }

    /// <summary>The page is made from the tables; set HANDOFF_BLESS to write it anew.</summary>
    [Fact]
    public void ThePageIsCurrent() => Ownership.FindingRulesTests.Page("kernels.md", KernelProfiles.ToMarkdown());

    [Fact]
    public void NoTextThrows()
    {
        string[] parts = ["linux-", "6.12", "..", "+", ",", "=", "no-bounce", "areas", "yes", " ", "é", "v", "7.3-rc"];
        Check.Sample(
            Gen.Int[0, parts.Length - 1].Array[0, 6],
            chosen =>
            {
                ParsedKernels parsed = KernelProfiles.ParseList(string.Concat(chosen.Select(i => parts[i])));
                return parsed.Succeeded == (parsed.Error is null) && parsed.Succeeded != parsed.Profiles.IsEmpty;
            },
            threads: 1);
    }
}
