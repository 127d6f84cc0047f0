using Handoff.Kernels;

namespace Handoff.Tracing.Bundles;

/// <summary>Which profile stands for a recorded kernel.</summary>
public static class RecordedKernel
{
    /// <summary>
    /// The profile of a kernel release such as <c>6.12.117+deb12-amd64</c>: the newest listed release that is not newer; a stable update of
    /// 6.12 counts as the 117th. Dynamic pools and debug checks are put on top where the recording shows them.
    /// </summary>
    /// <param name="release">What <c>uname -r</c> prints; empty if unknown.</param>
    /// <param name="dynamicPools">Whether pools grow.</param>
    /// <param name="debug">Whether the API's use is checked.</param>
    /// <returns>The profile; <see langword="null"/> if the release is unknown or older than every listed one.</returns>
    public static KernelProfile? ProfileOf(string release, bool dynamicPools = false, bool debug = false)
    {
        if (VersionOf(release) is not { } wanted)
            return null;
        KernelProfile? best = null;
        Version? bestVersion = null;
        foreach (KernelProfile profile in KernelProfiles.Releases)
        {
            if (VersionOf(profile.Name["linux-".Length..]) is not { } version || profile.Name.Contains("-rc", StringComparison.Ordinal) || version > wanted)
                continue;
            if (version.Build < 0 && wanted.Build == 0 && KernelProfiles.Find($"linux-{wanted}") is { } exact)
                return With(exact, dynamicPools, debug); // the release itself, where the series has a second name
            if (bestVersion is null || Series(version) >= Series(bestVersion))
                (best, bestVersion) = (profile, version);
        }

        return best is null ? null : With(best, dynamicPools, debug);
    }

    /// <summary>The profile of a recorded machine's kernel; the default one where its release is unknown.</summary>
    public static KernelProfile Of(MachineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return ProfileOf(facts.KernelRelease, facts.DynamicPools, facts.DmaApiDebug) ?? With(KernelProfiles.Default, facts.DynamicPools, facts.DmaApiDebug);
    }

    /// <summary>Whether drivers of a kernel may leave mappings without an unmap where it would do nothing; <see langword="null"/> if its release is unknown.</summary>
    /// <remarks>Kernel: <c>dma_need_unmap()</c>, since 6.16: no unmap is needed of direct mappings of devices that need no syncs.</remarks>
    internal static bool? DriversSkipUnmaps(string release) => VersionOf(release) is { } version ? Series(version) >= new Version(6, 16) : null;

    /// <summary>
    /// Whether a kernel's rules let an unmap have other attributes than its map, or its release is unknown. Drivers then leave the caches alone where they
    /// synced the bytes that they use, or do not use any.
    /// </summary>
    /// <remarks>Kernel: the check of attributes in <c>check_unmap()</c>, since 7.2.</remarks>
    internal static bool AttributesMayDiffer(string release) => VersionOf(release) is not { } version || Series(version) < new Version(7, 2);

    private static Version Series(Version version) => new(version.Major, version.Minor);

    private static KernelProfile With(KernelProfile profile, bool dynamicPools, bool debug)
    {
        string name = profile.Name + (dynamicPools ? "+dynamic" : "") + (debug ? "+debug" : "");
        return KernelProfiles.Parse(name) is { Succeeded: true, Profiles: [var found] } ? found : profile;
    }

    private static Version? VersionOf(string release)
    {
        int end = 0;
        while (end < release.Length && (char.IsAsciiDigit(release[end]) || release[end] == '.'))
            end++;
        string[] parts = release[..end].Split('.', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length >= 2 && Version.TryParse(string.Join('.', parts.Take(3)), out Version? version) ? version : null;
    }
}
