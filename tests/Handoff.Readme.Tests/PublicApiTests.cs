using System.Reflection;
using Handoff.Litmus;
using Handoff.Tracing.Recordings;

namespace Handoff.Readme.Tests;

/// <summary>
/// What a package has shown to others stays: every line of its <c>PublicApi.txt</c> must still be true. New members may come, and are written down with
/// HANDOFF_BLESS=1, which is also how a version that breaks something says so.
/// </summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Packages => ["Handoff.Core", "Handoff.Litmus", "Handoff.Tracing"];

    [Theory]
    [MemberData(nameof(Packages))]
    public void What_was_shown_stays(string package)
    {
        string path = Path.Combine("src", package, "PublicApi.txt");
        string[] now = PublicApi.Of(AssemblyOf(package));
        if (Environment.GetEnvironmentVariable("HANDOFF_BLESS") is { Length: > 0 })
            File.WriteAllText(Path.Combine(Repository.Root, path), string.Concat(now.Select(static line => line + "\n")));
        string[] before = Repository.Read(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(before.Length, 100, int.MaxValue);
        Assert.True(!before.Except(now).Any(), $"{package} lost\n  {string.Join("\n  ", before.Except(now))}");
    }

    [Fact]
    public void The_listing_sees_changes()
    {
        string[] lines = PublicApi.Of(typeof(Device).Assembly);
        Assert.Contains("Handoff.Device : sealed class", lines);
        Assert.Contains("Handoff.DmaDirection.ToDevice = 1", lines);
        Assert.Contains("Handoff.Kernels.KernelProfiles.DefaultName : static String = linux-6.12", lines);
        Assert.Contains(lines, static line => line.StartsWith("Handoff.DmaLayer<TMemory>.MapPhys(Handoff.Device device, Handoff.PhysicalAddress ", StringComparison.Ordinal));
    }

    private static Assembly AssemblyOf(string package) => package switch
    {
        "Handoff.Core" => typeof(Device).Assembly,
        "Handoff.Litmus" => typeof(LitmusChecker).Assembly,
        _ => typeof(Recording).Assembly,
    };
}
