using System.Globalization;
using Handoff.Kernels;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Machines;

/// <summary>Which kernel profile a recorded release is.</summary>
internal static class RecordedKernel
{
    /// <summary>The profile of a recorded machine: its release's, with what its messages tell about the configuration.</summary>
    public static KernelProfile Of(MachineFacts facts)
    {
        KernelProfile profile = OfRelease(facts.KernelRelease);
        KernelSwitches switches = profile.Switches with
        {
            DynamicPools = facts.DynamicPools,
            DmaApiDebug = facts.DmaApiDebug,
        };
        string name = profile.Name + (facts.DynamicPools ? "+dynamic" : "") + (facts.DmaApiDebug ? "+debug" : "");
        return new KernelProfile(name, switches, profile.Description);
    }

    /// <summary>The newest profile that is not newer than a release such as <c>6.12.117+deb12-amd64</c>; the default if it cannot be read.</summary>
    public static KernelProfile OfRelease(string release)
    {
        if (Version(release) is not { } wanted)
            return KernelProfiles.Default;
        KernelProfile found = KernelProfiles.Releases[0];
        foreach (KernelProfile profile in KernelProfiles.Releases)
        {
            string name = profile.Name["linux-".Length..];
            if (Version(name) is not { } version || (name.Contains("-rc", StringComparison.Ordinal) && (version.Major, version.Minor) != (7, 3)))
                continue;
            // A series without a third number stands for its stable updates, "linux-6.12.0" for the release itself.
            bool isExact = name.Count(static c => c == '.') == 2;
            if ((version.Major, version.Minor).CompareTo((wanted.Major, wanted.Minor)) < 0
                || ((version.Major, version.Minor) == (wanted.Major, wanted.Minor) && (!isExact || wanted.Patch == 0)))
                found = profile;
            if (isExact && version == wanted)
                return profile;
        }

        return found;
    }

    private static (int Major, int Minor, int Patch)? Version(string text)
    {
        Span<int> numbers = stackalloc int[3];
        int count = 0;
        foreach (string part in text.Split('.', '-', '+', '_'))
        {
            if (count == 3 || !int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                break;
            numbers[count++] = number;
        }

        return count < 2 ? null : (numbers[0], numbers[1], numbers[2]);
    }
}
