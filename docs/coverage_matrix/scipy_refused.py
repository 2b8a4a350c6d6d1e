"""The functions of SciPy without a derivative here: by module and reason."""

from __future__ import annotations

from typing import Final

__all__ = ["CONSTANT", "REFUSED"]

_TESTS: Final = "a statistical test or a resampling: an answer about a sample"
_SOURCE: Final = (
    "not mirrored: call it by its own name in a program, whose source is then followed as far as it is Python"
)

# whole numbers, truth values, tables, settings: nothing to differentiate
CONSTANT: Final[dict[str, dict[str, str]]] = {
    "scipy.special": {
        "locally constant": "gammasgn round",
        "tables for whole numbers": """ai_zeros bei_zeros beip_zeros ber_zeros bernoulli berp_zeros bi_zeros erf_zeros
            euler fresnel_zeros fresnelc_zeros fresnels_zeros jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros
            keip_zeros kelvin_zeros ker_zeros kerp_zeros y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros stirling2
            mathieu_even_coef mathieu_odd_coef obl_cv_seq pro_cv_seq""",
        "nodes and weights for a whole degree": """roots_legendre roots_chebyt roots_chebyu roots_chebyc roots_chebys
            roots_jacobi roots_laguerre roots_genlaguerre roots_hermite roots_hermitenorm roots_gegenbauer
            roots_sh_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_jacobi p_roots t_roots u_roots c_roots s_roots
            j_roots l_roots la_roots h_roots he_roots cg_roots ps_roots ts_roots us_roots js_roots""",
        "settings": "geterr seterr",
    },
    "scipy.linalg": {
        "truth values, whole numbers, routines": """bandwidth issymmetric ishermitian find_best_blas_type
            get_blas_funcs get_lapack_funcs""",
        "matrices for a whole number": "dft hadamard helmert hilbert invhilbert invpascal pascal",
    },
    "scipy.signal": {
        "places and whole numbers": """argrelextrema argrelmax argrelmin find_peaks find_peaks_cwt correlation_lags
            choose_conv_method max_len_seq unit_impulse check_COLA check_NOLA""",
    },
    "scipy.stats": {"ranks": "rankdata"},
    "scipy.interpolate": {},
    "scipy.integrate": {"tables for a whole number": "newton_cotes lebedev_rule"},
    "scipy.fft": {
        "frequencies and lengths for whole numbers": "fftfreq rfftfreq next_fast_len prev_fast_len",
        "settings": "set_backend skip_backend set_global_backend register_backend get_workers set_workers",
    },
    "scipy.spatial.distance": {
        "truth values and whole numbers": "is_valid_dm is_valid_y num_obs_dm num_obs_y",
        "of truth values": "dice hamming jaccard rogerstanimoto russellrao sokalsneath yule",
    },
}

REFUSED: Final[dict[str, dict[str, str]]] = {
    "scipy.special": {
        "an inverse in a count or in degrees of freedom, which SciPy's search finds to few digits": """bdtrik bdtrin
            chndtridf chndtrinc fdtridfd nbdtrik nbdtrin pdtrik stdtridf ncfdtridfd ncfdtridfn ncfdtrinc nctdtridf
            nctdtrinc""",
        "SciPy's values have too few digits for a derivative to be told from them": "itairy tklmbda",
        "noncentral distributions whose density SciPy does not have as a function": "ncfdtr ncfdtri nctdtr nctdtrit",
        "the density is not among SciPy's functions": "kolmogi kolmogorov smirnov smirnovi",
        "no rule; `ellipkinc` and `ellipeinc` have one": "elliprc elliprd elliprf elliprg elliprj",
        "no rule for Mathieu, spheroidal and ellipsoidal functions": """mathieu_a mathieu_b mathieu_cem mathieu_modcem1
            mathieu_modcem2 mathieu_modsem1 mathieu_modsem2 mathieu_sem obl_ang1 obl_ang1_cv obl_cv obl_rad1
            obl_rad1_cv obl_rad2 obl_rad2_cv pro_ang1 pro_ang1_cv pro_cv pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv
            ellip_harm ellip_harm_2 ellip_normal""",
        "of whole numbers; `gamma` goes between them": "factorial2 factorialk",
        "a table of all orders at one number; the function of one order has a rule": """lmbda lqmn lqn riccati_jn
            riccati_yn pbdn_seq pbdv_seq pbvv_seq""",
        "an object for a whole degree; the function `eval_...` of the same name has a rule": """legendre chebyt chebyu
            chebyc chebys jacobi laguerre genlaguerre hermite hermitenorm gegenbauer sh_legendre sh_chebyt sh_chebyu
            sh_jacobi""",
        "several derivatives at once, without a rule; `eval_legendre` and `lpmv` have one": """assoc_legendre_p
            assoc_legendre_p_all legendre_p legendre_p_all sph_harm_y sph_harm_y_all sph_legendre_p
            sph_legendre_p_all""",
    },
    "scipy.linalg": {
        "the result depends on a choice that has no derivative": """cossin hessenberg null_space orth ordqz qz schur
            rsf2csf cdf2rdf ldl matrix_balance clarkson_woodruff_transform""",
        "a decomposition brought up to date in place; `qr` of the whole matrix has a rule": """qr_delete qr_insert
            qr_multiply qr_update rq""",
        "banded storage; `solve_banded` and `solveh_banded` have rules": """cho_solve_banded cholesky_banded eig_banded
            eigh_tridiagonal eigvals_banded eigvalsh_tridiagonal""",
        "Riccati equations have no rule; use `wengert.custom_rule` with the equation": """solve_continuous_are
            solve_discrete_are""",
        "a structured matrix without a rule; build it with NumPy's functions": """companion convolution_matrix diagsvd
            fiedler fiedler_companion leslie""",
        "no rule; write it with the functions above": """expm_cond funm matmul_toeplitz orthogonal_procrustes pinvh
            signm solve_circulant solve_lyapunov subspace_angles""",
    },
    "scipy.signal": {
        "the design of a filter: polynomials and their roots; `wengert.stop_gradient` makes it constant": """bessel
            besselap bilinear bilinear_zpk band_stop_obj buttap butter buttord cheb1ap cheb1ord cheb2ap cheb2ord
            cheby1 cheby2 ellip ellipap ellipord firls firwin firwin2 firwin_2d gammatone iircomb iirdesign iirfilter
            iirnotch iirpeak kaiser_atten kaiser_beta kaiserord lp2bp lp2bp_zpk lp2bs lp2bs_zpk lp2hp lp2hp_zpk lp2lp
            lp2lp_zpk minimum_phase normalize remez savgol_coeffs get_window""",
        "a linear system or a change of its form": """abcd_normalize bode cont2discrete dbode dfreqresp dimpulse dlsim
            dstep findfreqs freqresp freqs freqs_zpk freqz freqz_sos freqz_zpk sosfreqz group_delay impulse invres
            invresz lfilter_zi lfiltic lsim place_poles residue residuez sos2tf sos2zpk sosfilt_zi ss2tf ss2zpk step
            tf2sos tf2ss tf2zpk unique_roots zpk2sos zpk2ss zpk2tf""",
        "sorted or counted": "medfilt medfilt2d order_filter peak_prominences peak_widths",
        _SOURCE: """chirp closest_STFT_dual_window coherence csd cspline1d cspline1d_eval cspline2d czt czt_points
            decimate deconvolve envelope filtfilt gauss_spline gausspulse hilbert hilbert2 istft lombscargle
            oaconvolve periodogram qspline1d qspline1d_eval qspline2d resample resample_poly savgol_filter sawtooth
            sepfir2d sosfiltfilt spectrogram spline_filter square stft sweep_poly symiirorder1 symiirorder2 upfirdn
            vectorstrength welch wiener zoom_fft""",
    },
    "scipy.stats": {
        "a distribution without formulas here": """alpha anglit arcsine argus betabinom betanbinom betaprime boltzmann
            bradford burr burr12 chi cosine crystalball dgamma dirichlet_multinomial dlaplace dpareto_lognorm dweibull
            erlang exponnorm exponpow exponweib fatiguelife fisk foldcauchy foldnorm gausshyper genexpon genextreme
            gengamma genhalflogistic genhyperbolic geninvgauss genlogistic gennorm genpareto gibrat gompertz halfcauchy
            halfgennorm halflogistic hypergeom hypsecant invgauss invweibull invwishart irwinhall jf_skew_t johnsonsb
            johnsonsu kappa3 kappa4 ksone kstwo kstwobign landau laplace_asymmetric levy levy_l levy_stable loggamma
            loglaplace logser loguniform lomax matrix_normal matrix_t maxwell mielke moyal multivariate_hypergeom
            multivariate_t nakagami ncf nchypergeom_fisher nchypergeom_wallenius nct ncx2 nhypergeom
            normal_inverse_gamma norminvgauss ortho_group pearson3 planck poisson_binom powerlaw powerlognorm powernorm
            random_correlation random_table randint rdist recipinvgauss reciprocal rel_breitwigner rice semicircular
            skellam skewcauchy skewnorm special_ortho_group studentized_range trapezoid triang truncexpon truncpareto
            truncweibull_min tukeylambda uniform_direction unitary_group vonmises vonmises_fisher vonmises_line wald
            weibull_max wishart wrapcauchy yulesimon zipf zipfian""",
        _TESTS: """alexandergovern anderson anderson_ksamp ansari barnard_exact bartlett binomtest bootstrap
            boschloo_exact brunnermunzel bws_test chi2_contingency chisquare combine_pvalues cramervonmises
            cramervonmises_2samp dunnett epps_singleton_2samp f_oneway false_discovery_control fisher_exact fligner
            friedmanchisquare goodness_of_fit jarque_bera kendalltau kruskal ks_1samp ks_2samp kstest kurtosistest
            levene logrank mannwhitneyu median_test monte_carlo_test mood multiscale_graphcorr normaltest
            page_trend_test permutation_test poisson_means_test power power_divergence quantile_test ranksums shapiro
            skewtest somersd spearmanr spearmanrho ttest_1samp ttest_ind ttest_ind_from_stats ttest_rel tukey_hsd
            weightedtau wilcoxon chatterjeexi sobol_indices""",
        "counts, ranks and plots of a sample": """binned_statistic binned_statistic_2d binned_statistic_dd cumfreq ecdf
            mode percentileofscore ppcc_max ppcc_plot probplot relfreq scoreatpercentile sigmaclip siegelslopes
            theilslopes tiecorrect tmax tmin trim1 trim_mean trimboth""",
        "a fit, which is a search": """boxcox boxcox_normmax boxcox_normplot yeojohnson yeojohnson_normmax
            yeojohnson_normplot fit make_distribution bayes_mvs mvsdist""",
        _SOURCE: """boxcox_llf circmean circstd circvar describe differential_entropy directional_stats energy_distance
            entropy expectile gmean gstd gzscore hmean iqr kstat kstatvar kurtosis linregress lmoment
            median_abs_deviation moment obrientransform order_statistic pearsonr pmean pointbiserialr quantile sem skew
            tmean tsem tstd tvar variation wasserstein_distance wasserstein_distance_nd yeojohnson_llf zmap zscore abs
            exp log truncate""",
    },
    "scipy.interpolate": {
        "compiled, on knots of its own choice; `CubicSpline` and `make_interp_spline` have rules": """bisplev bisplrep
            generate_knots insert make_lsq_spline make_smoothing_spline make_splprep make_splrep spalde splantider
            splder splev splint splprep splrep sproot""",
        "no rule; polynomials can be written with `numpy.polyval`": """approximate_taylor_polynomial
            barycentric_interpolate krogh_interpolate lagrange pade""",
        "on scattered points or a grid": "griddata interpn",
    },
    "scipy.integrate": {
        "calls a function at points that it chooses itself; use a rule with fixed points": """cubature dblquad
            fixed_quad nquad nsum odeint qmc_quad quad quad_vec solve_bvp solve_ivp tanhsinh tplquad""",
    },
    "scipy.fft": {
        "no rule; `hfft` and `ihfft` have one": "hfft2 ihfft2 hfftn ihfftn",
        "the Hankel transform has no rule": "fht ifht fhtoffset",
    },
    "scipy.spatial.distance": {
        _SOURCE: """braycurtis canberra chebyshev cityblock correlation cosine euclidean jensenshannon mahalanobis
            minkowski seuclidean sqeuclidean squareform""",
        "a search over pairs of points": "directed_hausdorff",
    },
}
